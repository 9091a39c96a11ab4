import { hash } from 'node:crypto';
import type { Decision, Reason } from '../../core/deciding/decision.js';
import type { CompiledFlag, Snapshot } from '../../core/snapshot/snapshot.js';
import type { Listed, ListForm, ToldAnswer } from '../../services/evaluating/listed-flags.js';
import { rfc3339 } from './flag-json.js';
import { usageJson } from './usage-json.js';

/** The JSON of a user's list: it reads as if the whole were put into JSON. */
export class UserFlagsJson implements ToldAnswer {
  /** A strong entity tag: a hash of the list. */
  readonly etag: string;
  readonly bytes: number;
  readonly #texts: readonly string[];
  readonly #end: string;

  constructor({ texts, end, etag, bytes }: { texts: readonly string[]; end: string; etag: string; bytes: number }) {
    this.#texts = texts;
    this.#end = end;
    this.etag = etag;
    this.bytes = bytes;
  }

  get text(): string {
    return `{"flags":[${this.#texts.join(',')}${this.#end}`;
  }
}

/** Lists of the flags that are on. */
export const FLAGS_ON: ListForm<UserFlagsJson> = { all: false, tell: (listed) => userFlagsJson(listed, false) };
/** Lists of all flags that people may know of. */
export const ALL_FLAGS: ListForm<UserFlagsJson> = { all: true, tell: (listed) => userFlagsJson(listed, true) };

/** What a list takes beside its texts, and each of them beside what is in it. */
const BYTES_OF_LIST = 200;
const BYTES_PER_TEXT = 8;
const BYTES_PER_CHARACTER = 2;

/** The list is put together from texts and digests that are made once for each flag and outcome, as far as neither time nor what is left is in them. */
function userFlagsJson({ snapshot, evaluated }: Listed, all: boolean): UserFlagsJson {
  const flags = textsOf(snapshot);
  const texts: string[] = [];
  let [a, b, c, d] = [0, 0, 0, 0];
  /** What has no digest of its own. */
  let rest = '';
  let ownCharacters = 0;
  let anyStale = false;
  for (let i = 0; i < evaluated.length; i++) {
    const { decision, stale } = evaluated[i]!;
    if (!decision.enabled && !all) continue;
    const { text, digest: own, shared } = flags[i]!.of(decision);
    const { validUntil, usage } = decision;
    if (validUntil === undefined && usage === undefined) {
      texts.push(text);
      if (!shared) ownCharacters += text.length;
      a ^= own[0]!;
      b ^= own[1]!;
      c ^= own[2]!;
      d ^= own[3]!;
    } else {
      const until = validUntil === undefined ? '' : `,"valid_until":"${rfc3339(validUntil)}"`;
      const left = usage === undefined ? '' : `,"usage":${JSON.stringify(usageJson(usage))}`;
      const whole = `${text.slice(0, -1)}${until}${left}}`;
      texts.push(whole);
      rest += whole;
      ownCharacters += whole.length;
    }
    anyStale ||= stale;
  }
  const end = anyStale ? '],"stale":true}' : ']}';
  const bytes = BYTES_OF_LIST + BYTES_PER_TEXT * texts.length + BYTES_PER_CHARACTER * ownCharacters;
  return new UserFlagsJson({
    texts,
    end,
    etag: `"${hash('sha256', `${a},${b},${c},${d}${rest}${end}`, 'base64url')}"`,
    bytes,
  });
}

/** As much of a SHA-256 as is kept of each text: two lists have the same by chance once in 2^128. */
const DIGEST_WORDS = 4;

/**
 * What an outcome of a flag reads as, and the digest of that. Digests of a list are added up without carry: a list has each flag
 * once and in the order of keys, so that which texts it has says all of it.
 */
interface OutcomeText {
  readonly text: string;
  readonly digest: Int32Array;
  /** Whether the text is held for all lists that have it. */
  readonly shared: boolean;
}

interface Outcome extends OutcomeText {
  readonly reason: Reason;
  readonly variant: string;
}

/** Large values are not held a second time, as text, for each outcome. */
const MAX_REMEMBERED_LENGTH = 4_096;
/** How many outcomes of a flag are remembered: it has a few, but for one with very many variants. */
const MOST_OUTCOMES = 32;

/** What a flag's decisions read as. Reason and variant say all of a decision but until when it holds and what is left, which is left out. */
class FlagTexts {
  readonly #entry: CompiledFlag;
  readonly #outcomes: Outcome[] = [];

  constructor(entry: CompiledFlag) {
    this.#entry = entry;
  }

  of(decision: Decision): OutcomeText {
    const { reason, variant } = decision;
    for (const known of this.#outcomes) if (known.reason === reason && known.variant === variant) return known;
    return this.#make(decision);
  }

  #make({ flagKey: key, enabled, variant, value, reason }: Decision): OutcomeText {
    const { name } = this.#entry.flag;
    const text = JSON.stringify({ key, name, enabled, variant, value, reason });
    const shared = text.length <= MAX_REMEMBERED_LENGTH && this.#outcomes.length < MOST_OUTCOMES;
    const outcome = { reason, variant, text, digest: digestOf(text), shared };
    if (shared) this.#outcomes.push(outcome);
    return outcome;
  }
}

function digestOf(text: string): Int32Array {
  const bytes = hash('sha256', text, 'buffer');
  return Int32Array.from({ length: DIGEST_WORDS }, (_, word) => bytes.readInt32LE(4 * word));
}

/** The texts of each compiled flag, which many snapshots may share. */
const byFlag = new WeakMap<CompiledFlag, FlagTexts>();
/** The texts of a snapshot's visible flags, in their order. */
const bySnapshot = new WeakMap<Snapshot, readonly FlagTexts[]>();

function textsOf(snapshot: Snapshot): readonly FlagTexts[] {
  let texts = bySnapshot.get(snapshot);
  if (texts === undefined) {
    texts = snapshot.visible.map((key) => textsOfFlag(snapshot.flags.get(key)!));
    bySnapshot.set(snapshot, texts);
  }
  return texts;
}

function textsOfFlag(entry: CompiledFlag): FlagTexts {
  let texts = byFlag.get(entry);
  if (texts === undefined) {
    texts = new FlagTexts(entry);
    byFlag.set(entry, texts);
  }
  return texts;
}

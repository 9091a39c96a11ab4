import type { Decision, Reason } from '../../core/deciding/decision.js';
import type { CompiledFlag, Snapshot } from '../../core/snapshot/snapshot.js';
import type { UserFlags } from '../../services/evaluating/user-flags.js';
import { rfc3339 } from './flag-json.js';

/**
 * The JSON of a user's list. It is put together from texts that are made once for each flag and outcome, and reads as if the
 * whole were put into JSON.
 */
export function userFlagsJson({ snapshot, evaluated, all }: UserFlags): string {
  const texts = textsOf(snapshot);
  let flags = '';
  let anyStale = false;
  for (let i = 0; i < evaluated.length; i++) {
    const { decision, stale } = evaluated[i]!;
    if (!decision.enabled && !all) continue;
    flags += flags === '' ? texts[i]!.of(decision) : `,${texts[i]!.of(decision)}`;
    anyStale ||= stale;
  }
  return anyStale ? `{"flags":[${flags}],"stale":true}` : `{"flags":[${flags}]}`;
}

/** What one outcome of a flag reads as, without its end. */
interface Outcome {
  readonly reason: Reason;
  readonly variant: string;
  readonly text: string;
}

/** Large values are not held a second time, as text, for each outcome. */
const MAX_REMEMBERED_LENGTH = 4_096;
/** How many outcomes of a flag are remembered: it has a few, but for one with very many variants. */
const MOST_OUTCOMES = 32;

/** What a flag's decisions read as. Reason and variant say all of a decision but until when it holds. */
class FlagTexts {
  readonly #entry: CompiledFlag;
  readonly #outcomes: Outcome[] = [];

  constructor(entry: CompiledFlag) {
    this.#entry = entry;
  }

  of(decision: Decision): string {
    const { validUntil } = decision;
    const text = this.#find(decision) ?? this.#make(decision);
    return validUntil === undefined ? `${text}}` : `${text},"valid_until":"${rfc3339(validUntil)}"}`;
  }

  #find({ reason, variant }: Decision): string | undefined {
    for (const known of this.#outcomes) if (known.reason === reason && known.variant === variant) return known.text;
    return undefined;
  }

  #make({ flagKey: key, enabled, variant, value, reason }: Decision): string {
    const { name } = this.#entry.flag;
    const text = JSON.stringify({ key, name, enabled, variant, value, reason }).slice(0, -1);
    const fits = text.length <= MAX_REMEMBERED_LENGTH && this.#outcomes.length < MOST_OUTCOMES;
    if (fits) this.#outcomes.push({ reason, variant, text });
    return text;
  }
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

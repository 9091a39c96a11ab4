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

/** Large values are not held a second time, as text, for each outcome. */
const MAX_REMEMBERED_LENGTH = 4_096;

/** What a flag's decisions read as. Reason and variant say all of a decision but until when it holds. */
class FlagTexts {
  readonly #entry: CompiledFlag;
  /** By reason and then by variant, each without its end. */
  readonly #texts = new Map<Reason, Map<string, string>>();

  constructor(entry: CompiledFlag) {
    this.#entry = entry;
  }

  of(decision: Decision): string {
    const text = this.#texts.get(decision.reason)?.get(decision.variant) ?? this.#make(decision);
    const { validUntil } = decision;
    return validUntil === undefined ? `${text}}` : `${text},"valid_until":"${rfc3339(validUntil)}"}`;
  }

  #make({ flagKey: key, enabled, variant, value, reason }: Decision): string {
    const { name } = this.#entry.flag;
    const text = JSON.stringify({ key, name, enabled, variant, value, reason }).slice(0, -1);
    if (text.length <= MAX_REMEMBERED_LENGTH) {
      const texts = this.#texts.get(reason) ?? new Map<string, string>();
      this.#texts.set(reason, texts.set(variant, text));
    }
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

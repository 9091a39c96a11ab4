import { randomBytes, randomUUID } from 'node:crypto';
import { requireName } from '../../calls/check-input.js';
import { invalidAt, notFound, notStorable } from '../../calls/errors.js';
import { shortWindows, type WindowKnowledge } from '../../core/conditions/references.js';
import type { Flag } from '../../core/flags/flag.js';
import { type FlagInput, type ParseFlagOptions, parseFlag } from '../../core/flags/parse-flag.js';
import { validateFlag } from '../../core/snapshot/checking/validate-configuration.js';
import type { Snapshot } from '../../core/snapshot/snapshot.js';
import type { Fault } from '../../core/values/fault.js';
import { type JsonValue, quote, sameJson } from '../../core/values/json.js';

/** A change of a flag, or a new flag, as a caller gives it: to be written, or to be previewed. */
export interface FlagDraft {
  /** The flag's key, or the id of one that exists. */
  readonly keyOrId: string;
  /** Whether the flag must exist: it is NOT_FOUND then rather than created. */
  readonly mustExist: boolean;
  /** The key that the caller believes the flag to have that an id names. Another key than it has is INVALID: keys never change. */
  readonly key?: string | undefined;
  readonly input: FlagInput;
  /** With RELOCK, unlocks that were earned under older versions of changed rules no longer count. */
  readonly onRuleChange: 'KEEP' | 'RELOCK';
}

export function checkFlagName(keyOrId: string): void {
  if (!keyOrId.startsWith('flg_')) requireName('flagKey', keyOrId, '/key');
}

/** Rejects a draft whose key is not that of the flag that its id names. */
export function checkNamed({ keyOrId, mustExist, key }: FlagDraft, existing: Flag | undefined): void {
  if (existing === undefined && mustExist) throw notFound(`no flag ${quote(keyOrId)}`);
  if (existing !== undefined && key !== undefined && key !== existing.key) {
    throw invalidAt('/key', `the flag ${quote(keyOrId)} has the key ${quote(existing.key)}, which never changes`);
  }
}

/** The flag after the draft; the same object where nothing changes. Throws INVALID with all faults. */
export function draftedFlag(
  { keyOrId, input, onRuleChange }: FlagDraft,
  existing: Flag | undefined,
  now: number,
  makeId: ParseFlagOptions['newId'] = newId,
): { readonly flag: Flag; readonly changed: boolean } {
  const key = existing?.key ?? keyOrId;
  if (existing !== undefined && key === existing.id && input.archived === false) {
    throw invalidAt('/archived', `the flag ${quote(key)} has lost its key to a newer flag, and cannot come back`);
  }
  const relock = onRuleChange === 'RELOCK';
  const { flag, faults } = parseFlag({ key, input, existing, now, newId: makeId, relock });
  if (faults.length > 0) throw refused(key, faults);
  if (existing !== undefined && sameFlag(existing, flag)) return { flag: existing, changed: false };
  return { flag, changed: true };
}

/** Whether an input gives anything of a flag. */
export function saysAnything(input: FlagInput): boolean {
  return Object.values(input).some((value) => value !== undefined);
}

/** Checks the flag against all that it refers to and all that refers to it. Throws INVALID with all faults; gives warnings. */
export function checkDrafted(flag: Flag, present: Snapshot): readonly Fault[] {
  const { faults, warnings } = validateFlag(flag, present);
  if (faults.length > 0) throw refused(flag.key, faults);
  return warnings;
}

/** The warnings about a flag that stays as it is. */
export function warningsOf(flag: Flag, present: Snapshot): readonly Fault[] {
  return validateFlag(flag, present).warnings;
}

/** Warnings for windows in the flag's rules that reach further back than days are known. */
export function windowWarnings({ rules, archived }: Flag, knowledge: WindowKnowledge): readonly Fault[] {
  if (archived) return [];
  return rules.flatMap(({ conditions }, i) => shortWindows(conditions, `/rules/${i}/conditions`, knowledge));
}

function sameFlag(a: Flag, b: Flag): boolean {
  const content = ({ version, updatedAt, ...rest }: Flag) => JSON.parse(JSON.stringify(rest)) as JsonValue;
  return sameJson(content(a), content(b));
}

function refused(key: string, faults: readonly Fault[]): Error {
  return notStorable(`the flag ${quote(key)}`, faults);
}

function newId(prefix: 'flg' | 'rul' | 'slt'): string {
  return prefix === 'slt' ? randomBytes(12).toString('hex') : `${prefix}_${randomUUID().replaceAll('-', '')}`;
}

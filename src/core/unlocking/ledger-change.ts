import { ledgerFloorOf } from '../flags/flag.js';
import type { CompiledFlag, Snapshot } from '../snapshot/snapshot.js';
import type { Ledger, LedgerEntry, Standing } from '../states/ledger.js';

/** The kinds of entries that a person makes by hand. */
export type ManualKind = 'granted' | 'revoked' | 'rearmed';

/** What an entry is about: a rule and its version, or the flag as a whole, with the rule id '' and the version 0. */
export type LedgerTarget = Pick<LedgerEntry, 'ruleId' | 'ruleVersion'>;

/**
 * What entries are to be made when a person grants, revokes or rearms: none where the user stands so already. `ruleId` '' is
 * the flag as a whole: it is granted as such, and revoked or rearmed by an entry for each rule that it has or had.
 *
 * Gives undefined when neither the flag nor the ledger has a rule of that id.
 */
export function targetsOf(
  kind: ManualKind,
  { flag }: CompiledFlag,
  ledger: Ledger,
  ruleId: string,
): readonly LedgerTarget[] | undefined {
  const standings: ReadonlyMap<string, Standing> = ledger.get(flag.id) ?? new Map();
  const versions = new Map([...standings].map(([id, standing]) => [id, standing.ruleVersion]));
  for (const { id, version } of flag.rules) versions.set(id, version);
  if (ruleId !== '') {
    // A rule that was removed can no longer be granted, but what the user has of it can be revoked or forgotten.
    const known = kind === 'granted' ? flag.rules.some(({ id }) => id === ruleId) : versions.has(ruleId);
    if (!known) return undefined;
  }
  const asked = ruleId !== '' || kind === 'granted' ? [ruleId] : [...versions.keys()];
  return asked
    .filter((id) => isDue(kind, standings.get(id)))
    .map((id) => ({ ruleId: id, ruleVersion: versions.get(id) ?? 0 }));
}

function isDue(kind: ManualKind, standing: Standing | undefined): boolean {
  switch (kind) {
    case 'granted':
      return standing?.state !== 'GRANTED';
    case 'revoked':
      return standing?.state !== 'REVOKED';
    case 'rearmed':
      return standing !== undefined;
  }
}

/** The unlocks that a change of their rules with RELOCK has made void, and for which the ledger lacks a `relocked` entry yet. */
export function forgottenUnlocks(
  { flagsById }: Snapshot,
  ledger: Ledger,
): readonly Pick<LedgerEntry, 'flagId' | 'ruleId' | 'ruleVersion'>[] {
  const forgotten: Pick<LedgerEntry, 'flagId' | 'ruleId' | 'ruleVersion'>[] = [];
  for (const [flagId, standings] of ledger) {
    const compiled = flagsById.get(flagId);
    if (compiled === undefined) continue;
    for (const [ruleId, { state, ruleVersion }] of standings) {
      if (state === 'UNLOCKED' && ruleVersion < ledgerFloorOf(compiled.flag, ruleId))
        forgotten.push({ flagId, ruleId, ruleVersion });
    }
  }
  return forgotten;
}

import { floorOf } from '../deciding/unlocks.js';
import type { CompiledFlag, Snapshot } from '../snapshot/snapshot.js';
import type { Ledger, LedgerEntry, Standing } from '../states/ledger.js';

/** What a person does by hand to a user's standing with a flag. */
export type ManualKind = 'granted' | 'revoked' | 'rearmed';

/** A rule's id, and '' for the flag as a whole, with the version of the rule; 0 where there is none. */
export type LedgerTarget = Pick<LedgerEntry, 'ruleId' | 'ruleVersion'>;

/**
 * The rules for which an entry is due, so that a repeated call adds nothing. `ruleId` '' is the flag as a whole: a grant
 * of it, or every rule of it that the user has or might yet earn.
 *
 * Gives undefined where the flag has no such rule and the ledger knows of none.
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
    // Of a rule that is gone, what stands may be taken; there is nothing any more to grant.
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

/** What the ledger holds that RELOCK has forgotten since: an unlock below its rule's floor. The ledger should say so. */
export function forgottenUnlocks(
  { flagsById }: Snapshot,
  ledger: Ledger,
): readonly Pick<LedgerEntry, 'flagId' | 'ruleId' | 'ruleVersion'>[] {
  const forgotten: Pick<LedgerEntry, 'flagId' | 'ruleId' | 'ruleVersion'>[] = [];
  for (const [flagId, standings] of ledger) {
    const compiled = flagsById.get(flagId);
    if (compiled === undefined) continue;
    for (const [ruleId, { state, ruleVersion }] of standings) {
      if (state === 'UNLOCKED' && ruleVersion < floorOf(compiled, ruleId))
        forgotten.push({ flagId, ruleId, ruleVersion });
    }
  }
  return forgotten;
}

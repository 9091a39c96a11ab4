import { floorOf } from '../deciding/unlocks.js';
import type { Snapshot } from '../snapshot/snapshot.js';
import type { Ledger, LedgerEntry } from '../states/ledger.js';

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

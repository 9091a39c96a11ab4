import type { RemovedRule } from '../flags/flag.js';
import type { CompiledFlag, CompiledRule } from '../snapshot/snapshot.js';
import type { Ledger, Standing } from '../states/ledger.js';

/** Whether what stands in the ledger for this rule serves it: a grant, or an unlock not below the rule's floor. */
export function countsAsUnlocked({ rule }: CompiledRule, standing: Standing | undefined): boolean {
  if (standing === undefined) return false;
  if (standing.state === 'GRANTED') return true;
  return standing.state === 'UNLOCKED' && rule.policy === 'LATCHING' && standing.ruleVersion >= rule.ledgerFloor;
}

/** Whether the ledger holds a grant of the flag as a whole, or a grant or a kept unlock of a rule since removed. */
export function hasKeptUnlock(compiled: CompiledFlag, ledger: Ledger): boolean {
  const standings = ledger.get(compiled.flag.id);
  if (standings === undefined) return false;
  for (const [ruleId, standing] of standings) {
    if (standing.state === 'REVOKED' || compiled.ruleIds.has(ruleId)) continue;
    if (standing.state === 'GRANTED' || standing.ruleVersion >= floorOf(compiled, ruleId)) return true;
  }
  return false;
}

/** Unlocks of the rule that were earned under a version below this one no longer count; of a rule since removed, too. */
export function floorOf({ flag }: CompiledFlag, ruleId: string): number {
  const same = ({ id }: RemovedRule): boolean => id === ruleId;
  return (flag.rules.find(same) ?? flag.removedRules?.find(same))?.ledgerFloor ?? 0;
}

/** Whether the ledger holds an unlock or a grant of the flag that still counts. */
export function isUnlocked(compiled: CompiledFlag | undefined, ledger: Ledger): boolean {
  const standings = compiled && ledger.get(compiled.flag.id);
  if (standings === undefined) return false;
  return (
    compiled!.rules.some((entry) => countsAsUnlocked(entry, standings.get(entry.rule.id))) ||
    hasKeptUnlock(compiled!, ledger)
  );
}

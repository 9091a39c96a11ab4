import { ledgerFloorOf } from '../flags/flag.js';
import type { CompiledFlag, CompiledRule } from '../snapshot/snapshot.js';
import type { Ledger, Standing } from '../states/ledger.js';

/** Whether a standing in the ledger turns the rule on: a grant does, and an unlock that is not below the rule's floor. */
export function countsAsUnlocked({ rule }: CompiledRule, standing: Standing | undefined): boolean {
  if (standing === undefined) return false;
  if (standing.state === 'GRANTED') return true;
  return standing.state === 'UNLOCKED' && rule.policy === 'LATCHING' && standing.ruleVersion >= rule.ledgerFloor;
}

/** Whether the user was granted the flag as a whole, or has a grant or an unlock of a rule that was removed and kept. */
export function hasKeptUnlock(compiled: CompiledFlag, ledger: Ledger): boolean {
  const standings = ledger.get(compiled.flag.id);
  if (standings === undefined) return false;
  for (const [ruleId, standing] of standings) {
    if (standing.state === 'REVOKED' || compiled.rules.some(({ rule }) => rule.id === ruleId)) continue;
    if (countsAsKept(compiled, ruleId, standing)) return true;
  }
  return false;
}

/** Whether a standing counts that is of the flag as a whole, or of a rule that the flag no longer has. */
export function countsAsKept({ flag }: CompiledFlag, ruleId: string, { state, ruleVersion }: Standing): boolean {
  return state === 'GRANTED' || (state === 'UNLOCKED' && ruleVersion >= ledgerFloorOf(flag, ruleId));
}

/** Whether the user has an unlock or a grant of the flag that counts. */
export function isUnlocked(compiled: CompiledFlag | undefined, ledger: Ledger): boolean {
  const standings = compiled && ledger.get(compiled.flag.id);
  if (standings === undefined) return false;
  return (
    compiled!.rules.some((entry) => countsAsUnlocked(entry, standings.get(entry.rule.id))) ||
    hasKeptUnlock(compiled!, ledger)
  );
}

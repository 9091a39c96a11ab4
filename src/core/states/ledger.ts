/**
 * The unlock ledger: append-only entries, folded per flag and rule into what stands now.
 *
 * - `unlocked`: a latching rule became true. - `granted`: by hand; on a flag (rule '') or a rule.
 * - `revoked`: bars the user from that rule until a grant or `rearmed`. - `relocked`: only forgets an unlock or a grant.
 */
export type LedgerKind = 'unlocked' | 'granted' | 'revoked' | 'rearmed' | 'relocked';

/** What made an entry: an event, a write about the user, time, a backfill, or a person. */
export type Cause =
  | { readonly type: 'event'; readonly source: string; readonly eventId: string; readonly action: string }
  | { readonly type: 'identify' }
  | { readonly type: 'progress'; readonly stage: string }
  | { readonly type: 'access' }
  | { readonly type: 'organization' }
  | { readonly type: 'time' }
  | { readonly type: 'backfill' }
  | { readonly type: 'ledger' }
  | { readonly type: 'manual'; readonly actor: string; readonly reason: string };

export interface LedgerEntry {
  readonly flagId: string;
  /** '' for an entry about the flag as a whole (a grant by hand). */
  readonly ruleId: string;
  readonly ruleVersion: number;
  readonly kind: LedgerKind;
  /** When it was earned; for an unlock by time the due instant, even if recorded late. Epoch milliseconds. */
  readonly earnedAt: number;
  readonly recordedAt: number;
  readonly cause: Cause;
}

/** What the newest entries say of one flag and rule. */
export interface Standing {
  readonly state: 'UNLOCKED' | 'GRANTED' | 'REVOKED';
  readonly ruleVersion: number;
  readonly earnedAt: number;
}

/** flag id → rule id ('' for the flag as a whole) → what stands. */
export type Ledger = ReadonlyMap<string, ReadonlyMap<string, Standing>>;

/** Folds entries, in the order they were recorded, into what stands; `base` is not changed. */
export function foldLedger(entries: Iterable<LedgerFold>, base: Ledger = new Map()): Ledger {
  const folded = new Map(base);
  const copied = new Map<string, Map<string, Standing>>();
  for (const entry of entries) {
    let rules = copied.get(entry.flagId);
    if (rules === undefined) {
      rules = new Map(base.get(entry.flagId));
      copied.set(entry.flagId, rules);
      folded.set(entry.flagId, rules);
    }
    fold(rules, entry);
  }
  return folded;
}

/** The fields of an entry that folding reads. */
export type LedgerFold = Pick<LedgerEntry, 'flagId' | 'ruleId' | 'ruleVersion' | 'kind' | 'earnedAt'>;

function fold(rules: Map<string, Standing>, { ruleId, ruleVersion, kind, earnedAt }: LedgerFold): void {
  const state = rules.get(ruleId)?.state;
  switch (kind) {
    case 'unlocked':
      // Earning takes nothing from a grant, and lifts no bar.
      if (state === undefined || state === 'UNLOCKED') rules.set(ruleId, { state: 'UNLOCKED', ruleVersion, earnedAt });
      break;
    case 'granted':
      rules.set(ruleId, { state: 'GRANTED', ruleVersion, earnedAt });
      break;
    case 'revoked':
      rules.set(ruleId, { state: 'REVOKED', ruleVersion, earnedAt });
      break;
    case 'relocked':
      if (state !== 'REVOKED') rules.delete(ruleId);
      break;
    case 'rearmed':
      rules.delete(ruleId);
      break;
  }
}

/**
 * What an entry of the unlock ledger says of a flag's rule:
 *
 * - `unlocked`: the rule, a latching one, became true for the user.
 * - `granted`: a person gave it to the user by hand, or the whole flag.
 * - `revoked`: a person barred the user from it, until it is granted or rearmed.
 * - `rearmed`: a person had everything before forgotten, so that the user may earn it anew.
 * - `relocked`: a change of the rule had an unlock or a grant forgotten, or what the unlock rests on was taken back; a revocation stays.
 */
export type LedgerKind = 'unlocked' | 'granted' | 'revoked' | 'rearmed' | 'relocked';

/** Names an event among those of its user. */
export interface EventName {
  /** Who produced it; may be ''. */
  readonly source: string;
  readonly id: string;
  /**
   * Of an event that counts for an organization: what stands for who did it, and with it for the event, in place of source and id, which
   * several members may use.
   */
  readonly contribution?: string;
}

/** What an entry comes from: an event, a write about the user, time, a backfill, or a person. */
export type Cause =
  | EventCause
  | { readonly type: 'identify' }
  | RoleCause
  | { readonly type: 'progress'; readonly stage: string }
  | { readonly type: 'access' }
  | { readonly type: 'organization' }
  | { readonly type: 'time' }
  | { readonly type: 'backfill' }
  | { readonly type: 'ledger' }
  | { readonly type: 'correction'; readonly actor: string; readonly reason: string; readonly action: string }
  | { readonly type: 'manual'; readonly actor: string; readonly reason: string };

/** Roles that somebody has since: they were given them, or their organization's roles inherit otherwise. */
export interface RoleCause {
  readonly type: 'role';
  /** The roles that they had not before, inherited ones included; empty where that is not known any more. */
  readonly roles: readonly string[];
}

export interface EventCause {
  readonly type: 'event';
  readonly source: string;
  readonly eventId: string;
  /** What was done; of an event that reverses another, what that other one said was done. */
  readonly action: string;
  /** The event that this one has reversed, where it has. */
  readonly reverses?: EventName;
  /** In an organization's ledger, the member who did it, for operators alone; '' once that user was deleted. */
  readonly contributor?: string;
}

export interface LedgerEntry {
  readonly flagId: string;
  /** '' for an entry about the flag as a whole (a grant by hand). */
  readonly ruleId: string;
  readonly ruleVersion: number;
  readonly kind: LedgerKind;
  /** When it was earned, in epoch milliseconds: for an unlock by time the instant that was due, even if recorded later. */
  readonly earnedAt: number;
  readonly recordedAt: number;
  readonly cause: Cause;
}

/** How a user stands with one rule of a flag, or with the flag as a whole, after all entries of the ledger. */
export interface Standing {
  readonly state: 'UNLOCKED' | 'GRANTED' | 'REVOKED';
  readonly ruleVersion: number;
  readonly earnedAt: number;
}

/** All standings of a user: by flag id, then by rule id, '' being the flag as a whole. */
export type Ledger = ReadonlyMap<string, ReadonlyMap<string, Standing>>;

/** The standings after these entries, in the order in which they were recorded, were added to `base`, which stays as it is. */
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

/** The fields of an entry that standings depend on. */
export type LedgerFold = Pick<LedgerEntry, 'flagId' | 'ruleId' | 'ruleVersion' | 'kind' | 'earnedAt'>;

function fold(rules: Map<string, Standing>, { ruleId, ruleVersion, kind, earnedAt }: LedgerFold): void {
  const state = rules.get(ruleId)?.state;
  switch (kind) {
    case 'unlocked':
      // An unlock changes nothing where the rule was granted, or revoked.
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

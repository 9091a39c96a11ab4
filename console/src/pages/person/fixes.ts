import type { AccessRow, ExplainedRule, Explanation } from '../../../../src/protocol/gen/admin-json.js';

/** Something that an operator can do about how a flag stands for a person, and that helps there. */
export type Fix =
  /** A row of the person's own. */
  | { readonly kind: 'allow' | 'deny' }
  | { readonly kind: 'remove'; readonly row: AccessRow }
  /** In the ledger, of the flag as a whole. */
  | { readonly kind: 'grant' | 'revoke' | 'rearm' }
  | { readonly kind: 'switchOn' }
  | { readonly kind: 'openWindow'; readonly starts_at?: string; readonly ends_at?: string }
  | {
      readonly kind: 'raise';
      readonly ruleId: string;
      readonly ruleName: string;
      readonly rollout: number;
      /** The smallest rollout that has the person in, of 100,000. */
      readonly least: number;
    };

export interface FixesOptions {
  /** Whether who is signed in may call an operation. */
  readonly may: (operation: string) => boolean;
  /** The organization that who is signed in administers; empty: the platform. */
  readonly organization: string;
  /** Whether that organization puts rows of this flag. */
  readonly delegated: boolean;
  readonly now: Date;
}

/** What helps, by the line that answers; nothing that would change nothing there. The likeliest first. */
export function fixesFor(explanation: Explanation, options: FixesOptions): readonly Fix[] {
  const answering = explanation.lines.find(({ verdict }) => verdict === 'ANSWERS')?.line;
  const fixes =
    explanation.decision?.enabled === true ? takingAway(explanation) : letting(explanation, answering, options);
  return fixes.filter((fix) => isAllowed(fix, options));
}

/** The flag is off: what would have it on for the person. */
function letting(
  explanation: Explanation,
  line: string | undefined,
  { now, organization }: FixesOptions,
): readonly Fix[] {
  const { starts_at, ends_at, rows, rules, kept } = explanation;
  switch (line) {
    case 'SWITCHED_ON': {
      const early = starts_at !== undefined && Date.parse(starts_at) > now.getTime();
      const late = ends_at !== undefined && Date.parse(ends_at) <= now.getTime();
      if (!early && !late) return [{ kind: 'switchOn' }];
      return [{ kind: 'openWindow', ...(early ? { starts_at } : {}), ...(late ? { ends_at } : {}) }];
    }
    case 'ROWS': {
      const deciding = rows.find(({ row, standing }) => standing === 'DECIDES' && row?.effect === 'DENY');
      if (deciding?.row === undefined) return organization === '' ? [] : [{ kind: 'allow' }];
      const { row, level } = deciding;
      const own = row.managed_by === organization;
      // A row for the person beats rows that are for more, of whoever put them; the organization's rows come before the platform's.
      const beaten = own && level !== 'USER';
      return [...(beaten ? [{ kind: 'allow' } as const] : []), ...(own ? [{ kind: 'remove', row } as const] : [])];
    }
    case 'OTHERWISE': {
      const revoked =
        rules.some(({ outcome }) => outcome === 'REVOKED') || kept.some(({ state }) => state === 'STATE_REVOKED');
      return [
        ...(revoked ? [{ kind: 'rearm' } as const] : []),
        ...rules.flatMap(raise),
        { kind: 'allow' },
        { kind: 'grant' },
      ];
    }
    default:
      return [];
  }
}

/** A rule that would let the person in but for its rollout. */
function raise(rule: ExplainedRule): readonly Fix[] {
  const { outcome, bucket, requirement } = rule;
  const holds = requirement?.requirement === undefined || requirement.requirement.met;
  if (outcome !== 'OUTSIDE_ROLLOUT' || bucket?.position === undefined || requirement === undefined || !holds) return [];
  const { rule_id: ruleId, name: ruleName } = requirement;
  return [{ kind: 'raise', ruleId, ruleName, rollout: bucket.rollout, least: bucket.position + 1 }];
}

/** The flag is on: what would have it off for the person. */
function takingAway({ decision, rows, rules, kept }: Explanation): readonly Fix[] {
  const own = rows.find(({ standing, level }) => standing === 'DECIDES' && level === 'USER');
  if (decision?.reason === 'REASON_USER' && own?.row !== undefined)
    return [{ kind: 'remove', row: own.row }, { kind: 'deny' }];
  const held = rules.some(({ outcome, verdict }) => outcome === 'UNLOCKED' && verdict === 'ANSWERS');
  const granted = kept.some(({ state, counts }) => state !== 'STATE_REVOKED' && counts);
  const byLedger = decision?.reason === 'REASON_UNLOCKED' && (held || granted);
  return [...(byLedger ? [{ kind: 'revoke' } as const] : []), { kind: 'deny' }];
}

const OPERATIONS: Readonly<Record<Fix['kind'], string>> = {
  allow: 'SetFlag',
  deny: 'SetFlag',
  remove: 'SetFlag',
  grant: 'GrantUnlock',
  revoke: 'RevokeUnlock',
  rearm: 'RearmUnlock',
  switchOn: 'SetFlag',
  openWindow: 'SetFlag',
  raise: 'SetFlag',
};

function isAllowed(fix: Fix, { may, organization, delegated }: FixesOptions): boolean {
  if (!may(OPERATIONS[fix.kind])) return false;
  if (organization === '') return fix.kind !== 'remove' || fix.row.managed_by === '';
  // Who administers an organization puts and drops its own rows of delegated flags, and no more.
  if (fix.kind === 'remove') return delegated && fix.row.managed_by === organization;
  return delegated && (fix.kind === 'allow' || fix.kind === 'deny');
}

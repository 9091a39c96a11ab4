import type { AccessRow, ExplainedRule, Explanation } from '../../../../../src/protocol/gen/admin-json.js';

/** Something that an operator can do about how a flag stands for a person, and that helps there. */
export type Fix =
  | OwnRow
  | { readonly kind: 'remove'; readonly row: AccessRow }
  /** In the ledger, of the flag as a whole. */
  | { readonly kind: 'grant' | 'revoke' | 'rearm' }
  /**
   * With the ends of the window that keep the flag off; all of them, since none helps without the others. With a row of the person's own
   * where nothing else would let them in then.
   */
  | {
      readonly kind: 'switchOn' | 'openWindow';
      readonly starts_at?: string;
      readonly ends_at?: string;
      readonly own?: OwnRow;
    }
  | {
      readonly kind: 'raise';
      readonly ruleId: string;
      readonly ruleName: string;
      readonly rollout: number;
      /** The smallest rollout that has the person in, of 100,000. */
      readonly least: number;
    };

/** A row of the person's own. */
export interface OwnRow {
  readonly kind: 'allow' | 'deny';
  /** The row that it is put over; left out: there is none. */
  readonly was?: AccessRow;
}

export interface FixesOptions {
  /** Whether who is signed in may call an operation. */
  readonly may: (operation: string) => boolean;
  /** The organization that who is signed in administers; empty: the platform. */
  readonly organization: string;
  /** Whether that organization puts rows of this flag. */
  readonly delegated: boolean;
  /** Whether the flag is switched on, whatever its window; undefined: not known. */
  readonly active: boolean | undefined;
  readonly now: Date;
}

/**
 * What helps, by the line that answers; nothing that would change nothing there, as far as the explanation tells. The likeliest first.
 * Whether anything below that line would answer otherwise the server is asked of those that are not certain.
 */
export function fixesFor(explanation: Explanation, options: FixesOptions): readonly Fix[] {
  const answering = explanation.lines.find(({ verdict }) => verdict === 'ANSWERS')?.line;
  const fixes =
    explanation.decision?.enabled === true ? takingAway(explanation) : letting(explanation, answering, options);
  const { row: was } = ownRowOf(explanation, options) ?? {};
  return fixes
    .filter((fix) => isAllowed(fix, options))
    .map((fix) => (was !== undefined && (fix.kind === 'allow' || fix.kind === 'deny') ? { ...fix, was } : fix));
}

/** The row that is for the person alone, of whoever manages it there. */
function ownRowOf({ rows }: Explanation, { organization }: Pick<FixesOptions, 'organization'>) {
  return rows.find(({ row, level }) => level === 'USER' && row?.managed_by === organization);
}

/** Where a fix that opens a flag lets the person in no more than before: the same, with a row of their own, which is saved with it. */
export function withOwnRow(
  fix: Fix,
  explanation: Explanation,
  options: Pick<FixesOptions, 'organization'>,
): readonly Fix[] {
  if ((fix.kind !== 'switchOn' && fix.kind !== 'openWindow') || fix.own !== undefined) return [];
  const { row: was } = ownRowOf(explanation, options) ?? {};
  return [{ ...fix, own: { kind: 'allow', ...(was === undefined ? {} : { was }) } }];
}

/** The row that a fix puts or removes, as it was when the fix was offered; undefined for what writes none, and where there was none. */
export function rowBefore(fix: Fix): AccessRow | undefined {
  if (fix.kind === 'remove') return fix.row;
  return fix.kind === 'allow' || fix.kind === 'deny' ? fix.was : 'own' in fix ? fix.own?.was : undefined;
}

/** The same fix of a row that is another one by now; undefined: there is none any more. */
export function overRow(fix: Fix, row: AccessRow | undefined): Fix {
  const put = ({ kind }: OwnRow): OwnRow => ({ kind, ...(row === undefined ? {} : { was: row }) });
  if (fix.kind === 'remove') return row === undefined ? fix : { ...fix, row };
  if (fix.kind === 'allow' || fix.kind === 'deny') return put(fix);
  return 'own' in fix && fix.own !== undefined ? { ...fix, own: put(fix.own) } : fix;
}

/** The flag is off: what would have it on for the person. */
function letting(
  explanation: Explanation,
  line: string | undefined,
  { active, now, organization }: FixesOptions,
): readonly Fix[] {
  const { starts_at, ends_at, rows, rules } = explanation;
  switch (line) {
    case 'SWITCHED_ON': {
      const early = starts_at !== undefined && Date.parse(starts_at) > now.getTime();
      const late = ends_at !== undefined && Date.parse(ends_at) <= now.getTime();
      if (active === undefined) return [];
      const kind = active ? 'openWindow' : 'switchOn';
      return [{ kind, ...(early ? { starts_at } : {}), ...(late ? { ends_at } : {}) }];
    }
    case 'ROWS': {
      const deciding = rows.find(({ row, standing }) => standing === 'DECIDES' && row?.effect === 'DENY');
      if (deciding?.row === undefined) return organization === '' ? [] : [{ kind: 'allow' }];
      const { row, level } = deciding;
      const own = row.managed_by === organization;
      // A row for the person beats rows that are for more, of whoever put them; the organization's rows come before the platform's.
      const fixes: readonly Fix[] = [{ kind: 'allow' }, { kind: 'remove', row }];
      // The row that denies them alone is removed rather than written over.
      return own ? (level === 'USER' ? fixes.toReversed() : fixes) : [];
    }
    case 'OTHERWISE':
      return [
        ...(rules.some(holdsRearmed) ? [{ kind: 'rearm' } as const] : []),
        ...rules.flatMap(raise),
        { kind: 'allow' },
        { kind: 'grant' },
      ];
    default:
      return [];
  }
}

/** Whether something that the explanation tells below a row has the flag on without the row. */
function isOnBelowRows({ rules, kept }: Explanation): boolean {
  return (
    rules.some(({ outcome }) => outcome === 'UNLOCKED' || outcome === 'HOLDS') || kept.some(({ counts }) => counts)
  );
}

/** Whether a rule from which the person is barred lets them in as soon as their ledger bars them no more. */
function holdsRearmed(rule: ExplainedRule): boolean {
  const { outcome, bucket, standing, organization_standing: earned } = rule;
  if (outcome !== 'REVOKED' || standing?.state !== 'STATE_REVOKED' || earned?.state === 'STATE_REVOKED') return false;
  return earned?.counts === true || (bucket?.included !== false && areConditionsMet(rule));
}

function areConditionsMet({ requirement }: ExplainedRule): boolean {
  return requirement?.requirement === undefined || requirement.requirement.met;
}

/** The rules from which the person is barred, where none of them would let them in again by what they have now. */
export function barredInVain({ decision, lines, rules }: Explanation): readonly ExplainedRule[] {
  const last = lines.find(({ verdict }) => verdict === 'ANSWERS')?.line === 'OTHERWISE';
  if (decision?.enabled !== false || !last || rules.some(holdsRearmed)) return [];
  return rules.filter(({ outcome }) => outcome === 'REVOKED');
}

/** A rule that would let the person in but for its rollout. */
function raise(rule: ExplainedRule): readonly Fix[] {
  const { outcome, bucket, requirement } = rule;
  if (outcome !== 'OUTSIDE_ROLLOUT' || bucket?.position === undefined || requirement === undefined) return [];
  if (!areConditionsMet(rule)) return [];
  const { rule_id: ruleId, name: ruleName } = requirement;
  return [{ kind: 'raise', ruleId, ruleName, rollout: bucket.rollout, least: bucket.position + 1 }];
}

/** The flag is on: what would have it off for the person. */
function takingAway(explanation: Explanation): readonly Fix[] {
  const { decision, rows, rules, kept } = explanation;
  const own = rows.find(({ standing, level }) => standing === 'DECIDES' && level === 'USER');
  if (decision?.reason === 'REASON_USER' && own?.row !== undefined)
    return [...(isOnBelowRows(explanation) ? [] : [{ kind: 'remove', row: own.row } as const]), { kind: 'deny' }];
  const held = rules.some(({ outcome, verdict }) => outcome === 'UNLOCKED' && verdict === 'ANSWERS');
  const granted = kept.some(({ state, counts }) => state !== 'STATE_REVOKED' && counts);
  // What a person's organization has earned by a rule that is gone no entry of their own takes away.
  const inherited = kept.some(({ counts, earned_by }) => counts && earned_by === 'ORGANIZATION');
  const byLedger = decision?.reason === 'REASON_UNLOCKED' && (held || granted) && !inherited;
  return [...(byLedger ? [{ kind: 'revoke' } as const] : []), { kind: 'deny' }];
}

/**
 * Whether the explanation alone tells that a fix helps; else what stands below the line that answers decides, too. An organization is told
 * of no denial by the platform, which its rows do not beat.
 */
export function isCertain({ kind }: Fix, { lines }: Explanation, organization: string): boolean {
  if (kind === 'switchOn' || kind === 'openWindow' || kind === 'remove') return false;
  const last = lines.some(({ line, verdict }) => line === 'OTHERWISE' && verdict === 'ANSWERS');
  return kind !== 'allow' || (organization === '' && last);
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

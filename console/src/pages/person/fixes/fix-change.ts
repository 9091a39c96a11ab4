import type {
  AccessRow,
  AccessRowInput,
  FeatureFlag,
  FeatureFlagInput,
  RuleInput,
  SetFlagRequest,
} from '../../../../../src/protocol/gen/admin-json.js';
import { call } from '../../../api/api.js';
import { tagOfFlag } from '../../../api/flag-tag.js';
import { rowInput } from '../../../draft/flag/save-request.js';
import { noteWrite } from '../queries/person-queries.js';
import { type Fix, type OwnRow, rowBefore } from './fixes.js';

export interface FixTarget {
  readonly id: string;
  readonly flag: string;
}

/** What a fix changes of the flag itself, and so for others, too; undefined where it is about the person, or about rows. */
export function flagChange(fix: Fix, rollout: number): FlagChange | undefined {
  switch (fix.kind) {
    case 'switchOn':
    case 'openWindow':
      return {
        fields: {
          ...(fix.kind === 'switchOn' ? { active: true } : {}),
          ...(fix.starts_at === undefined ? {} : { starts_at: null }),
          ...(fix.ends_at === undefined ? {} : { ends_at: null }),
        },
      };
    case 'raise':
      return { rule: { id: fix.ruleId, rollout } };
    default:
      return undefined;
  }
}

export interface FlagChange {
  readonly fields?: Pick<FeatureFlagInput, 'active' | 'starts_at' | 'ends_at'>;
  readonly rule?: { readonly id: string; readonly rollout: number };
}

/** What a fix would write of the flag or its rows, as PreviewRule and TryFlag take it. */
export interface FixDraft {
  readonly flag: FeatureFlagInput;
  readonly update_mask?: string;
  readonly rule?: { readonly id: string; readonly rollout: number };
  readonly access?: AccessRowInput[];
  readonly remove_access?: AccessRowInput[];
}

/** Undefined: the fix is about the person's ledger, of which there are no drafts. */
export function draftOf(fix: Fix, { id, flag }: FixTarget, rollout: number): FixDraft | undefined {
  switch (fix.kind) {
    case 'allow':
    case 'deny':
      return { flag: { key: flag }, access: [ownRow(fix, id)] };
    case 'remove':
      return { flag: { key: flag }, remove_access: [namedBy(fix.row)] };
    case 'grant':
    case 'revoke':
    case 'rearm':
      return undefined;
    default: {
      const { fields, rule } = flagChange(fix, rollout) ?? {};
      if (rule !== undefined) return { flag: { key: flag }, rule };
      const change = { flag: { key: flag, ...fields }, update_mask: Object.keys(fields ?? {}).join(',') };
      const own = 'own' in fix ? fix.own : undefined;
      return own === undefined ? change : { ...change, access: [ownRow(own, id)] };
    }
  }
}

/** Whether a fix changes nothing for anybody but the person. */
export function isAboutOne(fix: Fix): boolean {
  return fix.kind === 'remove' ? fix.row.user_id !== '' : flagChange(fix, 0) === undefined;
}

function ownRow({ kind }: OwnRow, user_id: string) {
  return { user_id, effect: kind === 'allow' ? ('ALLOW' as const) : ('DENY' as const), enabled: true };
}

/** What a fix has a row say; undefined where it leaves none. */
export function rowAfter(fix: Fix, id: string): ReturnType<typeof ownRow> | undefined {
  if (fix.kind === 'allow' || fix.kind === 'deny') return ownRow(fix, id);
  return 'own' in fix && fix.own !== undefined ? ownRow(fix.own, id) : undefined;
}

/** The row on which a fix was offered, so that one that somebody has changed meanwhile is not written over unseen. */
function rowExpected(fix: Fix, user_id: string): Pick<SetFlagRequest, 'expected_access' | 'expected_absent'> {
  const before = rowBefore(fix);
  return before === undefined ? { expected_absent: [{ user_id }] } : { expected_access: [rowInput(before)] };
}

function namedBy({ user_id, role, organization_id }: AccessRow) {
  return { user_id, role, organization_id };
}

export interface FixInput {
  readonly fix: Fix;
  readonly reason: string;
  /** Of `raise`. */
  readonly rollout: number;
  /** The flag as it was when the change was looked at; of those that change it. */
  readonly on: FeatureFlag | undefined;
}

/** Does what a fix says. Rejects with ApiError; a conflict where the flag has changed since. */
export async function applyFix({ id, flag }: FixTarget, { fix, reason, rollout, on }: FixInput): Promise<void> {
  const token = await (async (): Promise<string> => {
    const ledger = { path: { user_id: id, flag }, body: { reason } };
    switch (fix.kind) {
      case 'allow':
      case 'deny':
        return (await setRows(flag, { access: [ownRow(fix, id)], ...rowExpected(fix, id), comment: reason }))
          .consistency_token;
      case 'remove':
        return (await setRows(flag, { remove_access: [namedBy(fix.row)], ...rowExpected(fix, id), comment: reason }))
          .consistency_token;
      case 'grant':
        return tokenOf(await call('POST /api/admin/users/{user_id}/unlocks/{flag}/grant', ledger));
      case 'revoke':
        return tokenOf(await call('POST /api/admin/users/{user_id}/unlocks/{flag}/revoke', ledger));
      case 'rearm':
        return tokenOf(await call('POST /api/admin/users/{user_id}/unlocks/{flag}/rearm', ledger));
      case 'switchOn':
      case 'openWindow':
        if (fix.own !== undefined) {
          const both = { ...draftOf(fix, { id, flag }, rollout), ...rowExpected(fix, id), comment: reason };
          return (await setRows(flag, { ...both, ...(on === undefined ? {} : { expected_version: on.version }) }))
            .consistency_token;
        }
        return (await changeFlag(flag, { change: flagChange(fix, rollout), reason, on })).consistency_token;
      default:
        return (await changeFlag(flag, { change: flagChange(fix, rollout), reason, on })).consistency_token;
    }
  })();
  noteWrite(id, token);
}

function tokenOf({ change }: { readonly change?: { readonly consistency_token: string } }): string {
  return change?.consistency_token ?? '';
}

/** Writes access rows, and the flag in the same transaction where something of it is given. */
function setRows(flag: string, body: SetFlagRequest) {
  return call('PATCH /api/admin/flags/{flag}/access', { path: { flag }, body });
}

interface ChangeOfFlag {
  readonly change: FlagChange | undefined;
  readonly reason: string;
  readonly on: FeatureFlag | undefined;
}

function changeFlag(flag: string, { change, reason, on }: ChangeOfFlag) {
  const { fields, rule } = change ?? {};
  // The list of rules is written as a whole: all are as they were but for the rollout.
  const rules = on?.rules.map((each) => (each.id === rule?.id ? { ...each, rollout: rule.rollout } : each));
  const body: FeatureFlagInput = rule === undefined ? { ...fields } : { rules: (rules ?? []) as RuleInput[] };
  return call('PATCH /api/admin/flags/{flag}', {
    path: { flag },
    query: { comment: reason },
    body,
    ...(on === undefined ? {} : { ifMatch: tagOfFlag(on) }),
  });
}

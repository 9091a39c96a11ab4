import type { FeatureFlag, FeatureFlagInput, RuleInput } from '../../../../src/protocol/gen/admin-json.js';
import { call } from '../../api/api.js';
import type { Fix } from './fixes.js';
import { noteWrite } from './person-queries.js';

export interface FixTarget {
  readonly id: string;
  readonly flag: string;
}

/** What a fix changes of the flag itself, and so for others, too; undefined where it is about the person, or about rows. */
export function flagChange(fix: Fix, rollout: number): FlagChange | undefined {
  switch (fix.kind) {
    case 'switchOn':
      return { fields: { active: true } };
    case 'openWindow':
      return {
        fields: {
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

/** What saving the change would come to, as a preview takes it. */
export function previewBody(flag: string, { fields, rule }: FlagChange) {
  if (rule !== undefined) return { flag: { key: flag }, rule, sample_size: 10 };
  return { flag: { key: flag, ...fields }, update_mask: Object.keys(fields ?? {}).join(','), sample_size: 10 };
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
      case 'deny': {
        const row = {
          user_id: id,
          effect: fix.kind === 'allow' ? ('ALLOW' as const) : ('DENY' as const),
          enabled: true,
        };
        return (await setRows(flag, { access: [row], comment: reason })).consistency_token;
      }
      case 'remove': {
        const { user_id, role, organization_id } = fix.row;
        return (await setRows(flag, { remove_access: [{ user_id, role, organization_id }], comment: reason }))
          .consistency_token;
      }
      case 'grant':
        return tokenOf(await call('POST /api/admin/users/{user_id}/unlocks/{flag}/grant', ledger));
      case 'revoke':
        return tokenOf(await call('POST /api/admin/users/{user_id}/unlocks/{flag}/revoke', ledger));
      case 'rearm':
        return tokenOf(await call('POST /api/admin/users/{user_id}/unlocks/{flag}/rearm', ledger));
      default:
        return (await changeFlag(flag, { change: flagChange(fix, rollout), reason, on })).consistency_token;
    }
  })();
  noteWrite(id, token);
}

function tokenOf({ change }: { readonly change?: { readonly consistency_token: string } }): string {
  return change?.consistency_token ?? '';
}

function setRows(flag: string, body: Parameters<typeof callRows>[1]) {
  return callRows(flag, body);
}

function callRows(
  flag: string,
  body: {
    readonly access?: { user_id: string; effect: 'ALLOW' | 'DENY'; enabled: boolean }[];
    readonly remove_access?: { user_id: string; role: string; organization_id: string }[];
    readonly comment: string;
  },
) {
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
    ...(on === undefined ? {} : { ifMatch: `"${on.id}-${on.version}"` }),
  });
}

import { type Call, confinedTo } from '../../../calls/caller.js';
import { isConfinedAdmin } from '../../../calls/permissions.js';
import type { Snapshot } from '../../../core/snapshot/snapshot.js';
import type { ActionTotal as StoredTotal, UserState } from '../../../core/states/user-state.js';
import { amountOf } from '../../../core/values/millionths.js';
import { ANY_ACTION } from '../../../core/values/names.js';
import { mayKnowFlag } from '../../../services/access/caller-reach.js';
import type { ServiceSet } from '../../../services/service-set.js';
import type { UserAccess } from '../../gen/latchkey/v1/access.js';
import { type Unlock, Unlock_State } from '../../gen/latchkey/v1/ledger.js';
import type { ActionTotal } from '../../gen/latchkey/v1/user.js';
import { accessMessage } from '../../messages/access-row.js';
import { instant } from '../../messages/fields.js';
import { ledgerMessage } from '../../messages/ledger-message.js';
import { Paging } from '../../messages/paging.js';
import { progressMessage, userMessage } from '../../messages/user-message.js';
import type { AdminRpcs } from './admin-rpcs.js';

/** Reading users and their ledgers. */
export function userRpcs({
  keeper,
  ledger,
  totalCorrection,
  users,
  actorNames,
}: Pick<ServiceSet, 'keeper' | 'ledger' | 'totalCorrection' | 'users' | 'actorNames'>): AdminRpcs<
  'getUser' | 'listUnlocks' | 'correctTotal'
> {
  return {
    getUser: {
      async handle({ userId }, call) {
        const state = await users.get(call, userId);
        return {
          user: userMessage(state),
          progress: progressMessage(state),
          actionTotals: totalsOf(state),
          unlocks: unlocksOf(state, keeper.snapshot, call),
          access: accessOf(state, keeper.snapshot, call),
          revision: state.revision,
          expectedOrganizationId: state.expectedOrganization ?? '',
        };
      },
    },
    correctTotal: {
      async handle(request, call) {
        const { before, after, newlyUnlocked, newlyLocked, consistencyToken } = await totalCorrection.correct(
          call,
          request,
        );
        const flips = { newlyUnlocked: [...newlyUnlocked], newlyLocked: [...newlyLocked] };
        const told = {
          before: before && totalMessage(request.action, before),
          after: after && totalMessage(request.action, after),
        };
        return { ...told, ...flips, consistencyToken };
      },
    },
    listUnlocks: {
      async handle(request, call) {
        const paging = new Paging('ListUnlocks', request);
        const { items, next } = await ledger.unlocks(call, request, paging.page);
        const actorName = await actorNames.confirmed(call);
        return {
          entries: items.map((entry) => ledgerMessage(entry, keeper.snapshot, actorName)),
          nextPageToken: paging.tokenOf(next),
        };
      },
    },
  };
}

/** What was counted of a user or an organization, as messages. */
export function totalsOf({ actions }: Pick<UserState, 'actions'>): ActionTotal[] {
  const named = [...actions].filter(([action]) => action !== ANY_ACTION);
  return named.map(([action, total]) => totalMessage(action, total));
}

function totalMessage(action: string, { count, sum, activeDays, firstAt, lastAt }: StoredTotal): ActionTotal {
  return { action, count, sum: amountOf(sum), activeDays, firstAt: instant(firstAt), lastAt: instant(lastAt) };
}

const STATES = {
  UNLOCKED: Unlock_State.STATE_UNLOCKED,
  GRANTED: Unlock_State.STATE_GRANTED,
  REVOKED: Unlock_State.STATE_REVOKED,
} as const;

/** The standings in a ledger, as messages: those of flags that the caller may know of. */
export function unlocksOf({ ledger }: Pick<UserState, 'ledger'>, { flagsById }: Snapshot, call: Call): Unlock[] {
  const known = [...ledger].filter(([flagId]) => mayKnowFlag(call, flagsById.get(flagId)?.flag));
  return known.flatMap(([flagId, standings]) =>
    [...standings].map(([ruleId, { state, ruleVersion, earnedAt }]) => ({
      flagId,
      flagKey: flagsById.get(flagId)?.flag.key ?? '',
      ruleId,
      state: STATES[state],
      ruleVersion,
      earnedAt: instant(earnedAt),
    })),
  );
}

/**
 * A caller who is confined to one organization is not told of the rows that others have put for the same user; who only administers
 * it, of none that the organization has not put.
 */
function accessOf({ id, access }: UserState, { flagsById }: Snapshot, { caller }: Call): UserAccess[] {
  const confined = confinedTo(caller);
  const managers = isConfinedAdmin(caller, 'GetUser') ? [confined] : ['', confined];
  const shown = confined === '' ? access : access.filter(({ managedBy }) => managers.includes(managedBy));
  return shown.map(({ flagId, ...row }) => ({
    flagId,
    flagKey: flagsById.get(flagId)?.flag.key ?? '',
    row: accessMessage({ ...row, userId: id, role: '', organizationId: '' }),
  }));
}

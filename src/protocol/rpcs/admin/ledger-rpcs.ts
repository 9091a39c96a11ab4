import type { Call } from '../../../calls/caller.js';
import type { Snapshot } from '../../../core/snapshot/snapshot.js';
import type { LedgerWritten } from '../../../services/ledger/ledger.js';
import type { ServiceSet } from '../../../services/service-set.js';
import type { ActorName } from '../../../services/tokens/actor-names.js';
import type { LedgerChange } from '../../gen/latchkey/v1/ledger.js';
import { ledgerMessage } from '../../messages/ledger-message.js';
import { Paging } from '../../messages/paging.js';
import type { AdminRpcs } from './admin-rpcs.js';
import { unlocksOf } from './user-rpcs.js';

type Name = 'grantUnlock' | 'revokeUnlock' | 'rearmUnlock' | 'listFlagUnlocks' | 'deleteUser' | 'getDeletedTotals';

/** Changes of the ledger by hand, its history by flag, and the deletion of users. */
export function ledgerRpcs({
  ledger,
  userDeletion,
  keeper,
  actorNames,
}: Pick<ServiceSet, 'ledger' | 'userDeletion' | 'keeper' | 'actorNames'>): AdminRpcs<Name> {
  const changed = async (call: Call, written: LedgerWritten) => {
    const actorName = await actorNames.confirmed(call);
    return { change: changeOf(written, { call, snapshot: keeper.snapshot, actorName }) };
  };
  return {
    grantUnlock: { handle: async (request, call) => changed(call, await ledger.grant(call, request)) },
    revokeUnlock: { handle: async (request, call) => changed(call, await ledger.revoke(call, request)) },
    rearmUnlock: { handle: async (request, call) => changed(call, await ledger.rearm(call, request)) },
    listFlagUnlocks: {
      async handle(request, call) {
        const paging = new Paging('ListFlagUnlocks', request);
        const order = request.newestFirst ? 'newest' : 'oldest';
        const { items, next } = await ledger.flagUnlocks(call, request.flag, paging.page, order);
        const actorName = await actorNames.confirmed(call);
        const entries = items.map(({ userId: id, earner, ...entry }) => ({
          ...(earner === undefined ? { userId: id, organizationId: '' } : { userId: '', organizationId: id }),
          entry: ledgerMessage(entry, keeper.snapshot, actorName),
        }));
        return { entries, nextPageToken: paging.tokenOf(next) };
      },
    },
    deleteUser: { handle: (request, call) => userDeletion.delete(call, request) },
    getDeletedTotals: {
      async handle(_request, call) {
        const { users, unlocks, actions } = await userDeletion.totals(call);
        const { flagsById } = keeper.snapshot;
        return {
          users,
          unlocks: [...unlocks].map(([flagId, count]) => {
            return { flagId, flagKey: flagsById.get(flagId)?.flag.key ?? '', count };
          }),
          actions: [...actions].map(([action, total]) => ({ action, ...total })),
        };
      },
    },
  };
}

interface Telling {
  readonly call: Call;
  readonly snapshot: Snapshot;
  readonly actorName: ActorName;
}

function changeOf(
  { user, flagId, entries, ...written }: LedgerWritten,
  { call, snapshot, actorName }: Telling,
): LedgerChange {
  const standing = user.ledger.get(flagId);
  return {
    entries: entries.map((entry) => ledgerMessage(entry, snapshot, actorName)),
    unlocks: unlocksOf({ ledger: new Map(standing === undefined ? [] : [[flagId, standing]]) }, snapshot, call),
    newlyUnlocked: [...written.newlyUnlocked],
    newlyLocked: [...written.newlyLocked],
    consistencyToken: written.consistencyToken,
  };
}

import type { Names } from '../../../core/sentences/speaking.js';
import { namesIn } from '../../../core/sentences/uses.js';
import type { Restored } from '../../../services/history/restoring.js';
import type { ServiceSet } from '../../../services/service-set.js';
import type { RestoreVersionResponse } from '../../gen/latchkey/v1/history.js';
import { flagMessage, segmentMessage, stagesMessage } from '../../messages/configuration-messages.js';
import {
  changeMessages,
  rolesMessage,
  stateJson,
  versionMessage,
  versionWords,
} from '../../messages/history-messages.js';
import { Paging } from '../../messages/paging.js';
import { ruleChange } from '../feature/set-flag.js';
import type { AdminRpcs } from './admin-rpcs.js';

type Name = 'listVersions' | 'getVersion' | 'diffVersions' | 'restoreVersion';

/** Reading versions, and making new ones of old ones. */
export function versionRpcs({
  versions,
  restoring,
  keeper,
  actorNames,
}: Pick<ServiceSet, 'versions' | 'restoring' | 'keeper' | 'actorNames'>): AdminRpcs<Name> {
  const names = (): Names => namesIn(keeper.snapshot);
  return {
    listVersions: {
      async handle(request, call) {
        const paging = new Paging('ListVersions', request);
        const { items, next } = await versions.list(call, request, paging.page);
        const form = { whole: false, names: names(), actorName: await actorNames.confirmed(call) };
        return {
          versions: items.map((step) => versionMessage(step, form)),
          nextPageToken: paging.tokenOf(next),
        };
      },
    },
    getVersion: {
      async handle(request, call) {
        const step = await versions.get(call, request, request.version);
        const actorName = await actorNames.confirmed(call);
        return { version: versionMessage(step, { whole: true, names: names(), actorName }) };
      },
    },
    diffVersions: {
      async handle(request, call) {
        const { before, version } = await versions.pair(call, request, request.version, request.to);
        return {
          fromVersion: before?.version ?? 0,
          toVersion: version.version,
          changes: changeMessages(stateJson(before), stateJson(version)),
          words: versionWords(before, version, names()),
        };
      },
    },
    restoreVersion: {
      async handle(request, call) {
        const restored = await restoring.restore(call, request, request.version, {
          expectedVersion: request.expectedVersion,
          expectedId: request.id,
          onRuleChange: ruleChange(request.onRuleChange),
          comment: request.comment,
        });
        return restoredMessage(restored, names());
      },
    },
  };
}

function restoredMessage({ now, ...written }: Restored, names: Names): RestoreVersionResponse {
  return {
    flag: now.kind === 'flag' ? flagMessage(now.flag, names) : undefined,
    segment: now.kind === 'segment' ? segmentMessage(now.segment) : undefined,
    stages: now.kind === 'stages' ? stagesMessage(now.list) : undefined,
    roles: now.kind === 'roles' ? rolesMessage(now.organization) : undefined,
    warnings: [...written.warnings],
    backfillIds: [...written.backfillIds],
    newlyUnlocked: [...written.newlyUnlocked],
    newlyLocked: [...written.newlyLocked],
    consistencyToken: written.consistencyToken,
  };
}

import type { ServiceSet } from '../../../services/service-set.js';
import { actionDraft, actionMessage } from '../../messages/action-message.js';
import { stagesMessage } from '../../messages/configuration-messages.js';
import { Paging } from '../../messages/paging.js';
import type { AdminRpcs } from './admin-rpcs.js';

type Name = 'setStages' | 'listStages' | 'declareActions' | 'listActions' | 'deleteAction';

/** Reading and changing onboarding stages and declared actions. */
export function onboardingRpcs({ actions, stages }: Pick<ServiceSet, 'actions' | 'stages'>): AdminRpcs<Name> {
  return {
    setStages: {
      async handle({ expectedVersion, comment, ...request }, call) {
        const given = request.stages.map(({ name, selfSettable = true }) => ({ name, selfSettable }));
        const set = await stages.set(call, { stages: given, expectedVersion, comment });
        const { backfillIds, consistencyToken, warnings } = set;
        return { ...stagesMessage(set), backfillIds: [...backfillIds], consistencyToken, warnings: [...warnings] };
      },
    },
    listStages: {
      handle: async (_request, call) => stagesMessage(await stages.list(call)),
    },
    declareActions: {
      async handle(request, call) {
        const declared = await actions.declare(call, request.actions.map(actionDraft), request.comment);
        const { backfillIds, warnings, consistencyToken } = declared;
        const told = declared.actions.map(actionMessage);
        return { actions: told, consistencyToken, backfillIds: [...backfillIds], warnings: [...warnings] };
      },
    },
    deleteAction: {
      handle: ({ name, comment }, call) => actions.delete(call, name, comment),
    },
    listActions: {
      async handle(request, call) {
        const paging = new Paging('ListActions', request);
        const { items, next } = await actions.list(call, paging.page);
        return { actions: items.map(actionMessage), nextPageToken: paging.tokenOf(next) };
      },
    },
  };
}

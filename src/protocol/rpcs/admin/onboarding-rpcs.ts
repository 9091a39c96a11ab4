import type { ServiceSet } from '../../../services/service-set.js';
import type { AdminRpcs } from './admin-rpcs.js';

type Name = 'setStages' | 'listStages' | 'declareActions' | 'listActions';

/** Onboarding stages and declared actions. */
export function onboardingRpcs({ actions, stages }: Pick<ServiceSet, 'actions' | 'stages'>): AdminRpcs<Name> {
  return {
    setStages: {
      async handle(request, call) {
        const given = request.stages.map(({ name, selfSettable = true }) => ({ name, selfSettable }));
        const { backfillIds, consistencyToken, ...set } = await stages.set(call, given, request.comment);
        return { stages: [...set.stages], backfillIds: [...backfillIds], consistencyToken };
      },
    },
    listStages: {
      handle: async (_request, call) => ({ stages: [...(await stages.list(call))] }),
    },
    declareActions: {
      async handle(request, call) {
        const declared = await actions.declare(call, request.actions, request.comment);
        return { actions: [...declared.actions], consistencyToken: declared.consistencyToken };
      },
    },
    listActions: {
      handle: async (_request, call) => ({ actions: [...(await actions.list(call))] }),
    },
  };
}

import type { OnboardingService } from '../../services/onboarding/onboarding.js';
import type { AdminRpcs } from './admin-rpcs.js';

type Name = 'setStages' | 'listStages' | 'declareActions' | 'listActions';

/** Onboarding stages and declared actions. */
export function onboardingRpcs(onboarding: OnboardingService): AdminRpcs<Name> {
  return {
    setStages: {
      async handle(request, call) {
        const given = request.stages.map(({ name, selfSettable = true }) => ({ name, selfSettable }));
        const { stages, backfillIds, consistencyToken } = await onboarding.setStages(call, given, request.comment);
        return { stages: [...stages], backfillIds: [...backfillIds], consistencyToken };
      },
    },
    listStages: {
      handle: async (_request, call) => ({ stages: [...(await onboarding.listStages(call))] }),
    },
    declareActions: {
      async handle(request, call) {
        const declared = await onboarding.declareActions(call, request.actions, request.comment);
        return { actions: [...declared.actions], consistencyToken: declared.consistencyToken };
      },
    },
    listActions: {
      handle: async (_request, call) => ({ actions: [...(await onboarding.listActions(call))] }),
    },
  };
}

import type { FunnelStage } from '../../../services/onboarding/funnel.js';
import type { ServiceSet } from '../../../services/service-set.js';
import { Paging } from '../../messages/paging.js';
import type { AdminRpcs } from './admin-rpcs.js';

/** How far users come in onboarding. */
export function funnelRpcs({
  funnel,
  stuckUsers,
}: Pick<ServiceSet, 'funnel' | 'stuckUsers'>): AdminRpcs<'getFunnel' | 'listStuckUsers'> {
  return {
    getFunnel: {
      async handle(request, call) {
        const { stages, weeks, ...told } = await funnel.get(call, request);
        const weekMessages = weeks.map(({ week, stages: of }) => ({ week, stages: of.map(stageMessage) }));
        return { ...told, stages: stages.map(stageMessage), weeks: weekMessages };
      },
    },
    listStuckUsers: {
      async handle(request, call) {
        const paging = new Paging('ListStuckUsers', request);
        const { items, next } = await stuckUsers.list(call, request, paging.page);
        const users = items.map(({ enteredAt, ...user }) => ({ ...user, enteredAt: new Date(enteredAt) }));
        return { users, nextPageToken: paging.tokenOf(next) };
      },
    },
  };
}

function stageMessage({ medianMs, p90Ms, ...counts }: FunnelStage) {
  return {
    ...counts,
    ...(medianMs === undefined ? {} : { medianSeconds: inSeconds(medianMs) }),
    ...(p90Ms === undefined ? {} : { p90Seconds: inSeconds(p90Ms) }),
  };
}

/** More digits than a percentile is exact to would only look so. */
function inSeconds(ms: number): number {
  return Number((ms / 1_000).toPrecision(3));
}

import type { FunnelService, FunnelStage } from '../../../services/onboarding/funnel.js';
import type { AdminRpcs } from './admin-rpcs.js';

/** How far users come in onboarding. */
export function funnelRpcs(funnel: FunnelService): AdminRpcs<'getFunnel'> {
  return {
    getFunnel: {
      async handle(request, call) {
        const { stages, weeks, ...told } = await funnel.get(call, request);
        const weekMessages = weeks.map(({ week, stages: of }) => ({ week, stages: of.map(stageMessage) }));
        return { ...told, stages: stages.map(stageMessage), weeks: weekMessages };
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

import type { Missed } from '../../../core/explaining/most-missed.js';
import type { FunnelStage } from '../../../services/onboarding/funnel.js';
import type { ServiceSet } from '../../../services/service-set.js';
import { StageOpening_Kind } from '../../gen/latchkey/v1/stage_report.js';
import { Paging } from '../../messages/paging.js';
import { sentenceMessage } from '../../messages/sentence-message.js';
import type { AdminRpcs } from './admin-rpcs.js';

type Name = 'getFunnel' | 'listFunnels' | 'getStage' | 'listStuckUsers';
type Services = Pick<ServiceSet, 'funnel' | 'organizationFunnels' | 'stageReports' | 'stuckUsers'>;

/** How far users come in onboarding. */
export function funnelRpcs({ funnel, organizationFunnels, stageReports, stuckUsers }: Services): AdminRpcs<Name> {
  return {
    getFunnel: {
      async handle(request, call) {
        const { stages, weeks, ...told } = await funnel.get(call, request);
        const weekMessages = weeks.map(({ week, stages: of }) => ({ week, stages: of.map(stageMessage) }));
        return { ...told, stages: stages.map(stageMessage), weeks: weekMessages };
      },
    },
    listFunnels: {
      async handle(request, call) {
        const paging = new Paging('ListFunnels', request);
        const { items, next } = await organizationFunnels.list(call, request.q, paging.page);
        const funnels = items.map(({ stages, ...of }) => ({ ...of, stages: [...stages] }));
        return { funnels, nextPageToken: paging.tokenOf(next) };
      },
    },
    getStage: {
      async handle(request, call) {
        const { stage, missed, opens, asOf, ...report } = await stageReports.get(call, request);
        return {
          ...report,
          stage: stageMessage(stage),
          missed: missed.map(missedMessage),
          opens: opens.map(({ kind, sentence, ...opening }) => ({
            ...opening,
            kind: StageOpening_Kind[`KIND_${kind}`],
            sentence: sentenceMessage(sentence),
          })),
          asOf: new Date(asOf),
        };
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

function missedMessage({ sentence, flagKeys, ...missed }: Missed) {
  return { ...missed, sentence: sentenceMessage(sentence), flagKeys: [...flagKeys], condition: missed.condition };
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

import { FLAG_STATES } from '../../../core/snapshot/flag-state.js';
import { PARTITIONS } from '../../../core/values/partition.js';
import type { OverviewService, StoredOverview } from '../../../services/health/overview.js';
import type { ServiceSet } from '../../../services/service-set.js';
import { FlagState } from '../../gen/latchkey/v1/flag.js';
import {
  type Attention,
  AttentionKind,
  OverviewTopic,
  type OverviewWork,
  type WorkDone,
} from '../../gen/latchkey/v1/overview.js';
import { instant } from '../../messages/fields.js';
import type { AdminRpcs } from './admin-rpcs.js';
import { entryMessage } from './audit-rpcs.js';
import { backfillMessage } from './backfill-rpcs.js';

/** Telling what runs, what needs somebody, and what has changed. */
export function overviewRpcs({
  overview,
  actorNames,
}: Pick<ServiceSet, 'overview' | 'actorNames'>): AdminRpcs<'getOverview'> {
  return {
    getOverview: {
      async handle(_request, call) {
        const { at, stored, reviewed, attention, states, notTold } = await overview.get(call);
        const actorName = await actorNames.confirmed(call);
        return {
          at: instant(at),
          storeReachable: stored !== undefined,
          work: stored && workMessage(stored, reviewed),
          attention: attention.map(attentionMessage),
          flags: FLAG_STATES.map((state) => ({
            state: FlagState[`FLAG_STATE_${state}`],
            count: states.get(state) ?? 0,
          })),
          changes: (stored?.changes ?? []).map((entry) => entryMessage(entry, actorName)),
          notTold: notTold.map((topic) => OverviewTopic[`OVERVIEW_TOPIC_${topic}`]),
        };
      },
    },
  };
}

function workMessage(stored: StoredOverview, reviewed: WorkDone): OverviewWork {
  const { backfills, unfinishedBackfills, searchFilled, settlingDerived } = stored;
  const [fillingSearch, reviewingFlags] = [searchFilled < PARTITIONS, reviewed.done < reviewed.of];
  return {
    backfills: backfills.map(backfillMessage),
    ...{ unfinishedBackfills, fillingSearch, reviewingFlags },
    settlingDerivedActions: settlingDerived,
    searchFilled: fillingSearch ? { done: searchFilled, of: PARTITIONS } : undefined,
    flagsReviewed: reviewingFlags ? { ...reviewed } : undefined,
  };
}

type Told = Awaited<ReturnType<OverviewService['get']>>['attention'][number];

function attentionMessage({ kind, since, targets, ...attention }: Told): Attention {
  return {
    ...attention,
    kind: AttentionKind[`ATTENTION_KIND_${kind}`],
    since: instant(since),
    targets: targets.map((target) => ({ ...target, since: instant(target.since) })),
  };
}

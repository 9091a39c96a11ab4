import { FLAG_STATES } from '../../../core/snapshot/flag-state.js';
import type { OverviewService, StoredOverview } from '../../../services/health/overview.js';
import { FlagState } from '../../gen/latchkey/v1/flag.js';
import { type Attention, AttentionKind, OverviewTopic, type OverviewWork } from '../../gen/latchkey/v1/overview.js';
import { instant } from '../../messages/fields.js';
import type { AdminRpcs } from './admin-rpcs.js';
import { entryMessage } from './audit-rpcs.js';
import { backfillMessage } from './backfill-rpcs.js';

/** Telling what runs, what needs somebody, and what has changed. */
export function overviewRpcs(overview: OverviewService): AdminRpcs<'getOverview'> {
  return {
    getOverview: {
      async handle(_request, call) {
        const { at, stored, reviewing, attention, states, notTold } = await overview.get(call);
        return {
          at: instant(at),
          storeReachable: stored !== undefined,
          work: stored && workMessage(stored, reviewing),
          attention: attention.map(attentionMessage),
          flags: FLAG_STATES.map((state) => ({
            state: FlagState[`FLAG_STATE_${state}`],
            count: states.get(state) ?? 0,
          })),
          changes: (stored?.changes ?? []).map(entryMessage),
          notTold: notTold.map((topic) => OverviewTopic[`OVERVIEW_TOPIC_${topic}`]),
        };
      },
    },
  };
}

function workMessage(stored: StoredOverview, reviewingFlags: boolean): OverviewWork {
  const { backfills, unfinishedBackfills, fillingSearch, settlingDerived } = stored;
  return {
    backfills: backfills.map(backfillMessage),
    ...{ unfinishedBackfills, fillingSearch, reviewingFlags },
    settlingDerivedActions: settlingDerived,
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

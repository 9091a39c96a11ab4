import type { Earner } from '../../../core/states/user-state.js';
import type { BackfillProgress, BackfillService } from '../../../services/backfills/backfills.js';
import { type Backfill, BackfillReason, BackfillState, BackfillSubject } from '../../gen/latchkey/v1/backfill.js';
import { duration, instant } from '../../messages/fields.js';
import { Paging } from '../../messages/paging.js';
import { generatedStream } from '../generated-stream.js';
import type { AdminRpcs } from './admin-rpcs.js';

type Name = 'getBackfill' | 'watchBackfill' | 'listBackfills' | 'cancelBackfill' | 'startBackfill';

/** Reading, starting and cancelling backfills. */
export function backfillRpcs(backfills: BackfillService): AdminRpcs<Name> {
  return {
    getBackfill: {
      handle: async ({ id }, call) => ({ backfill: backfillMessage(await backfills.get(call, id)) }),
    },
    watchBackfill: generatedStream(async function* ({ id }, call) {
      for await (const progress of backfills.watch(call, id)) yield { backfill: backfillMessage(progress) };
    }),
    listBackfills: {
      async handle(request, call) {
        const paging = new Paging('ListBackfills', request);
        const { items, next } = await backfills.list(call, request, paging.page);
        return { backfills: items.map(backfillMessage), nextPageToken: paging.tokenOf(next) };
      },
    },
    cancelBackfill: {
      handle: async ({ id, comment }, call) => ({
        backfill: backfillMessage(await backfills.cancel(call, id, comment)),
      }),
    },
    startBackfill: {
      handle: async ({ flag, comment }, call) => ({
        backfill: backfillMessage(await backfills.start(call, flag, comment)),
      }),
    },
  };
}

const REASONS: Readonly<Record<BackfillProgress['reason'], BackfillReason>> = {
  flag: BackfillReason.BACKFILL_REASON_FLAG,
  segment: BackfillReason.BACKFILL_REASON_SEGMENT,
  stages: BackfillReason.BACKFILL_REASON_STAGES,
  action: BackfillReason.BACKFILL_REASON_ACTION,
  organization: BackfillReason.BACKFILL_REASON_ORGANIZATION,
  roles: BackfillReason.BACKFILL_REASON_ROLES,
  time_zone: BackfillReason.BACKFILL_REASON_TIME_ZONE,
  manual: BackfillReason.BACKFILL_REASON_MANUAL,
};

const STATES: Readonly<Record<BackfillProgress['state'], BackfillState>> = {
  pending: BackfillState.BACKFILL_STATE_PENDING,
  running: BackfillState.BACKFILL_STATE_RUNNING,
  done: BackfillState.BACKFILL_STATE_DONE,
  cancelled: BackfillState.BACKFILL_STATE_CANCELLED,
  superseded: BackfillState.BACKFILL_STATE_SUPERSEDED,
};

const SUBJECTS: Readonly<Record<Earner, BackfillSubject>> = {
  user: BackfillSubject.BACKFILL_SUBJECT_USERS,
  organization: BackfillSubject.BACKFILL_SUBJECT_ORGANIZATIONS,
};

/** A backfill and how far it is, as a message. */
export function backfillMessage(progress: BackfillProgress): Backfill {
  const { id, flagId, flagKey, organizationId, reason, state, total, done, unlocked, relocked, failed, leftMs } =
    progress;
  return {
    ...{ id, flagId, flagKey, organizationId, total, done, unlocked, relocked, failed },
    timeLeft: duration(leftMs),
    reason: REASONS[reason],
    state: STATES[state],
    subject: SUBJECTS[progress.subject],
    createdAt: instant(progress.createdAt),
    startedAt: instant(progress.startedAt),
    finishedAt: instant(progress.finishedAt),
  };
}

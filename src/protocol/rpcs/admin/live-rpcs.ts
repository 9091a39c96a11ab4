import type { LiveService } from '../../../services/live/live.js';
import type { LiveEvent } from '../../../services/live/live-event.js';
import type { WatchAdminResponse } from '../../gen/latchkey/v1/watch_admin.js';
import { duration, instant } from '../../messages/fields.js';
import { causeMessage } from '../../messages/ledger-message.js';
import { streamFailure } from '../stream-failure.js';
import type { AdminRpcs } from './admin-rpcs.js';
import { backfillMessage } from './backfill-rpcs.js';

/** `WatchAdmin`: what happens in the deployment, as it happens. */
export function liveRpcs(live: Pick<LiveService, 'watch'>): AdminRpcs<'watchAdmin'> {
  return {
    watchAdmin: {
      begin: ({ resumeToken }, call, out) =>
        live.watch(call, {
          resumeToken,
          sink: { write: (event) => out.write(eventMessage(event)), end: (reason) => out.end(streamFailure(reason)) },
        }),
    },
  };
}

function eventMessage(event: LiveEvent): WatchAdminResponse {
  return { resumeToken: event.resumeToken, event: newsMessage(event) };
}

function newsMessage(event: LiveEvent): WatchAdminResponse['event'] {
  switch (event.type) {
    case 'configuration': {
      const { flagKeys, segmentKeys, actions, stages } = event;
      const value = { flagKeys: [...flagKeys], segmentKeys: [...segmentKeys], actions: [...actions], stages };
      return { $case: 'configuration', value };
    }
    case 'backfill':
      return { $case: 'backfill', value: { backfill: backfillMessage(event.backfill) } };
    case 'audit': {
      const { id, at, actor, action, target, sentence } = event.entry;
      return { $case: 'audit', value: { id: String(id), at: instant(at), actor, action, target, sentence } };
    }
    case 'unlock': {
      const { userId, flagKey, cause, at, leftOut } = event;
      return { $case: 'unlock', value: { userId, flagKey, cause: causeMessage(cause), at: instant(at), leftOut } };
    }
    case 'counters': {
      const { at, unlocksPerMinute, inboxLagMs, pendingEvents, openStreams } = event;
      const counted = { unlocksPerMinute, pendingEvents, openStreams };
      return { $case: 'counters', value: { at: instant(at), inboxLag: duration(inboxLagMs), ...counted } };
    }
    case 'reset':
      return { $case: 'reset', value: {} };
    case 'heartbeat':
      return { $case: 'heartbeat', value: {} };
  }
}

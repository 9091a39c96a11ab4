import type { LiveService } from '../../../services/live/live.js';
import type { LiveEvent } from '../../../services/live/live-event.js';
import type { ActorName, ActorNames } from '../../../services/tokens/actor-names.js';
import type { WatchAdminResponse } from '../../gen/latchkey/v1/watch_admin.js';
import { duration, instant } from '../../messages/fields.js';
import { causeMessage } from '../../messages/ledger-message.js';
import { streamFailure } from '../stream-failure.js';
import type { AdminRpcs } from './admin-rpcs.js';
import { backfillMessage } from './backfill-rpcs.js';

interface LiveParts {
  readonly live: Pick<LiveService, 'watch'>;
  readonly actorNames: Pick<ActorNames, 'toldTo'>;
}

/** `WatchAdmin`: what happens in the deployment, as it happens. */
export function liveRpcs({ live, actorNames }: LiveParts): AdminRpcs<'watchAdmin'> {
  return {
    watchAdmin: {
      begin({ resumeToken }, call, out) {
        const actorName = actorNames.toldTo(call);
        const write = (event: LiveEvent) => out.write(eventMessage(event, actorName));
        return live.watch(call, {
          resumeToken,
          sink: { write, end: (reason) => out.end(streamFailure(reason)) },
        });
      },
    },
  };
}

function eventMessage(event: LiveEvent, actorName: ActorName): WatchAdminResponse {
  return { resumeToken: event.resumeToken, event: newsMessage(event, actorName) };
}

function newsMessage(event: LiveEvent, actorName: ActorName): WatchAdminResponse['event'] {
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
      const value = { id: String(id), at: instant(at), actor, actorName: actorName(actor), action, target, sentence };
      return { $case: 'audit', value };
    }
    case 'unlock': {
      const { userId, flagKey, cause, at, leftOut } = event;
      const value = { userId, flagKey, cause: causeMessage(cause, actorName), at: instant(at), leftOut };
      return { $case: 'unlock', value };
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

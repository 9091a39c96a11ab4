import type { Caller } from '../../../calls/caller.js';
import type { FlagFlip, StreamEvent } from '../../../services/streaming/event-stream.js';
import type { StreamService } from '../../../services/streaming/streams.js';
import type { ActorName, ActorNames } from '../../../services/tokens/actor-names.js';
import type { FlagFlip as FlipMessage, WatchEvent, WatchRequest } from '../../gen/latchkey/v1/watch.js';
import { decisionMessage } from '../../messages/decision-message.js';
import { instant } from '../../messages/fields.js';
import { causeMessage } from '../../messages/ledger-message.js';
import type { StreamMethod } from '../method.js';
import { streamFailure } from '../stream-failure.js';

interface WatchParts {
  readonly streams: Pick<StreamService, 'watch'>;
  readonly actorNames: Pick<ActorNames, 'toldTo'>;
}

/** `Watch`: what changes of the configuration and of one user, as it happens. */
export function watchMethod({ streams, actorNames }: WatchParts): StreamMethod<Caller, WatchRequest, WatchEvent> {
  return {
    begin({ userId, resumeToken }, call, out) {
      const actorName = actorNames.toldTo(call);
      const write = (event: StreamEvent) => out.write(eventMessage(event, actorName));
      return streams.watch(call, {
        userId,
        resumeToken,
        sink: { write, end: (reason) => out.end(streamFailure(reason)) },
      });
    },
  };
}

function eventMessage(event: StreamEvent, actorName: ActorName): WatchEvent {
  return { resumeToken: event.resumeToken, event: newsMessage(event, actorName) };
}

function newsMessage(event: StreamEvent, actorName: ActorName): WatchEvent['event'] {
  switch (event.type) {
    case 'configuration':
      return { $case: 'configurationChanged', value: { flagKeys: [...event.flagKeys] } };
    case 'user': {
      const { userId, unlocked, locked, at } = event;
      const flip = (told: FlagFlip) => flipMessage(told, actorName);
      const value = { userId, unlocked: unlocked.map(flip), locked: locked.map(flip), changedAt: instant(at) };
      return { $case: 'userChanged', value };
    }
    case 'reset':
      return { $case: 'reset', value: {} };
    case 'heartbeat':
      return { $case: 'heartbeat', value: {} };
  }
}

function flipMessage({ flagKey, cause, decision }: FlagFlip, actorName: ActorName): FlipMessage {
  return { flagKey, cause: causeMessage(cause, actorName), decision: decisionMessage({ decision, stale: false }) };
}

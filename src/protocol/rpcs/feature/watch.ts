import type { Caller } from '../../../calls/caller.js';
import type { FlagFlip, StreamEvent } from '../../../services/streaming/event-stream.js';
import type { StreamService } from '../../../services/streaming/streams.js';
import type { FlagFlip as FlipMessage, WatchEvent, WatchRequest } from '../../gen/latchkey/v1/watch.js';
import { decisionMessage } from '../../messages/decision-message.js';
import { instant } from '../../messages/fields.js';
import { causeMessage } from '../../messages/ledger-message.js';
import type { StreamMethod } from '../method.js';
import { streamFailure } from '../stream-failure.js';

/** `Watch`: what changes of the configuration and of one user, as it happens. */
export function watchMethod(streams: Pick<StreamService, 'watch'>): StreamMethod<Caller, WatchRequest, WatchEvent> {
  return {
    begin: ({ userId, resumeToken }, call, out) =>
      streams.watch(call, {
        userId,
        resumeToken,
        sink: { write: (event) => out.write(eventMessage(event)), end: (reason) => out.end(streamFailure(reason)) },
      }),
  };
}

function eventMessage(event: StreamEvent): WatchEvent {
  return { resumeToken: event.resumeToken, event: newsMessage(event) };
}

function newsMessage(event: StreamEvent): WatchEvent['event'] {
  switch (event.type) {
    case 'configuration':
      return { $case: 'configurationChanged', value: { flagKeys: [...event.flagKeys] } };
    case 'user': {
      const { userId, unlocked, locked, at } = event;
      const value = { userId, unlocked: unlocked.map(flip), locked: locked.map(flip), changedAt: instant(at) };
      return { $case: 'userChanged', value };
    }
    case 'reset':
      return { $case: 'reset', value: {} };
    case 'heartbeat':
      return { $case: 'heartbeat', value: {} };
  }
}

function flip({ flagKey, cause, decision }: FlagFlip): FlipMessage {
  return { flagKey, cause: causeMessage(cause), decision: decisionMessage({ decision, stale: false }) };
}

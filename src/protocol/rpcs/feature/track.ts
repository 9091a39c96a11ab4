import type { Caller } from '../../../calls/caller.js';
import type { EventService } from '../../../services/events/events.js';
import type { Incoming } from '../../../services/events/parse-event.js';
import type { Event, TrackRequest, TrackResponse } from '../../gen/latchkey/v1/event.js';
import { epochMs } from '../../messages/fields.js';
import type { UnaryMethod } from '../method.js';

/** `Track`. */
export function trackMethod(events: Pick<EventService, 'track'>): UnaryMethod<Caller, TrackRequest, TrackResponse> {
  return {
    async handle(request, call) {
      const tracked = await events.track(call, { events: request.events.map(incoming), wait: request.wait });
      const { rejected, newlyUnlocked, newlyLocked, warnings, ...counts } = tracked;
      const flips = { newlyUnlocked: [...newlyUnlocked], newlyLocked: [...newlyLocked] };
      return { ...counts, rejected: [...rejected], ...flips, warnings: [...warnings] };
    },
  };
}

function incoming({ occurredAt, value, ...event }: Event): Incoming {
  return { kind: 'event', event: { ...event, occurredAt: epochMs(occurredAt), value } };
}

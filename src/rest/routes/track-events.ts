import type { FastifyInstance } from 'fastify';
import { type Static, Type } from 'typebox';
import type { Caller } from '../../calls/caller.js';
import { invalid } from '../../calls/errors.js';
import { authorize } from '../../calls/permissions.js';
import { isJsonObject, type JsonObject, ownMember, quote } from '../../core/values/json.js';
import { type EventService, MAX_EVENTS_PER_CALL, readEvents, type Tracked } from '../../services/events/events.js';
import type { Incoming } from '../../services/events/parse-event.js';
import { flippedFlagJson } from '../json/flag-json.js';
import { FlippedFlagSchema } from '../json/flag-schema.js';
import { problems } from '../json/problem-schema.js';
import { callOf } from '../server/call.js';
import { takeJson } from '../server/json-body.js';

const EventsQuerySchema = Type.Object({
  wait: Type.Optional(
    Type.Enum(['true', 'false'], {
      description: 'true: answer once the events are counted, with what they turned on and off.',
    }),
  ),
});
type EventsQuery = Static<typeof EventsQuerySchema>;

/** The body of `POST /api/events`. It does not check events: each is checked by itself, so that a wrong one is rejected alone. */
const EventsBodySchema = Type.Unsafe<object>({
  type: ['object', 'array'],
  description:
    "An event or a list of at most 1,000: of our own shape, CloudEvents 1.0, or Segment's track and identify (also Segment's {batch}). The value is data.value, or properties.value or else .revenue; decimal text is read there, and what is no number rejected. For people the user is themselves.",
  examples: [
    {
      id: '7f1c',
      source: 'web',
      user_id: 'alice',
      action: 'report_created',
      occurred_at: '2026-01-31T12:00:00Z',
      value: 1,
      properties: {},
    },
    { specversion: '1.0', id: '7f1c', source: '/web', type: 'report_created', subject: 'alice' },
    { type: 'track', messageId: '7f1c', userId: 'alice', event: 'report_created', properties: {} },
  ],
});

const TrackedSchema = Type.Object(
  {
    accepted: Type.Integer({ description: 'Durable now, and not before.' }),
    duplicates: Type.Integer({ description: 'Durable before; they count once.' }),
    rejected: Type.Array(Type.Object({ id: Type.String(), error: Type.String() }), {
      description: 'Refused, each with the reason; the others are not affected.',
    }),
    newly_unlocked: Type.Array(FlippedFlagSchema, { description: 'Flags that came on. Only with wait=true.' }),
    newly_locked: Type.Array(FlippedFlagSchema, { description: 'Likewise, flags that went off.' }),
    warnings: Type.Array(Type.Object({ pointer: Type.String(), message: Type.String() }), {
      description:
        'Actions that no rule reads and nobody declared, spelt nearly as one that is; they count all the same.',
    }),
    consistency_token: Type.String({ description: 'An evaluation that carries it sees at least these events.' }),
  },
  { description: 'What became of the events: each is accepted, a duplicate, or rejected.' },
);

const MEDIA_TYPES = ['application/json', 'application/cloudevents+json', 'application/cloudevents-batch+json'];

/** `POST /api/events`: takes an event or a list of events, in any shape that is known. */
export function trackEvents(app: FastifyInstance, events: Pick<EventService, 'track'>): void {
  app.removeAllContentTypeParsers();
  takeJson(app, MEDIA_TYPES);
  app.post<{ Querystring: EventsQuery; Body: unknown }>(
    '/api/events',
    {
      schema: {
        summary: 'Reports what users did',
        tags: ['events'],
        consumes: MEDIA_TYPES,
        querystring: EventsQuerySchema,
        body: EventsBodySchema,
        response: { 200: TrackedSchema, ...problems(400, 401, 403, 413, 415, 429, 503) },
      },
    },
    async (request, reply) => {
      const call = callOf(request, reply);
      authorize(call, 'Track');
      const { incoming, faults } = incomingOf(request.body);
      const own = call.caller.kind === 'person' ? incoming.map((event) => ownEvent(event, call.caller)) : incoming;
      const tracked = await events.track(call, { events: own, wait: request.query.wait === 'true' });
      reply.header('cache-control', 'no-store');
      return trackedJson(tracked, faults);
    },
  );
}

function incomingOf(body: unknown): { readonly incoming: readonly Incoming[]; readonly faults: readonly string[] } {
  const list = listOf(body);
  if (list.length > MAX_EVENTS_PER_CALL) {
    throw invalid(`a call takes at most ${MAX_EVENTS_PER_CALL} events, not ${list.length}; split it`);
  }
  const { events, faults } = readEvents(list);
  if (events.length === 0 && faults.length > 0) throw invalid(`no event was given: ${faults[0]}`);
  return { incoming: events, faults };
}

function listOf(body: unknown): readonly unknown[] {
  if (Array.isArray(body)) return body as readonly unknown[];
  if (!isJsonObject(body)) throw invalid(`the body is ${quote(body)}, and should be an event or a list of events`);
  const batch = ownMember(body as JsonObject, 'batch');
  return Array.isArray(batch) ? (batch as readonly unknown[]) : [body];
}

/** The event of a caller: where a person's event names no user, it is about that person. */
function ownEvent(incoming: Incoming, caller: Caller): Incoming {
  if (caller.kind !== 'person' || incoming.kind !== 'event' || incoming.event.userId !== undefined) return incoming;
  return { kind: 'event', event: { ...incoming.event, userId: caller.userId } };
}

function trackedJson(tracked: Tracked, faults: readonly string[]) {
  return {
    accepted: tracked.accepted,
    duplicates: tracked.duplicates,
    rejected: [...tracked.rejected, ...faults.map((error) => ({ id: '', error }))],
    newly_unlocked: tracked.newlyUnlocked.map(flippedFlagJson),
    newly_locked: tracked.newlyLocked.map(flippedFlagJson),
    warnings: [...tracked.warnings],
    consistency_token: tracked.consistencyToken,
  };
}

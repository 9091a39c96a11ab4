import { type Static, Type } from 'typebox';
import { FlippedFlagSchema } from './flag-schema.js';

export const EventsQuerySchema = Type.Object({
  wait: Type.Optional(
    Type.Enum(['true', 'false'], {
      description: 'true: answer once the events are counted, with what they turned on and off.',
    }),
  ),
});
export type EventsQuery = Static<typeof EventsQuerySchema>;

/** The body of `POST /api/events`. It does not check events: each is checked by itself, so that a wrong one is rejected alone. */
export const EventsBodySchema = Type.Unsafe<object>({
  type: ['object', 'array'],
  description:
    "An event or a list of at most 1,000: of our own shape, CloudEvents 1.0, or Segment's track and identify (also Segment's {batch}). For people the user is themselves.",
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

export const TrackedSchema = Type.Object(
  {
    accepted: Type.Integer({ description: 'Durable now, and not before.' }),
    duplicates: Type.Integer({ description: 'Durable before; they count once.' }),
    rejected: Type.Array(Type.Object({ id: Type.String(), error: Type.String() }), {
      description: 'Refused, each with the reason; the others are not affected.',
    }),
    newly_unlocked: Type.Array(FlippedFlagSchema, { description: 'Flags that came on. Only with wait=true.' }),
    newly_locked: Type.Array(FlippedFlagSchema, { description: 'Likewise, flags that went off.' }),
    consistency_token: Type.String({ description: 'An evaluation that carries it sees at least these events.' }),
  },
  { description: 'What became of the events: each is accepted, a duplicate, or rejected.' },
);

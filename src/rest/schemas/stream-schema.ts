import { type Static, Type } from 'typebox';
import { UserIdParameter } from './user-flags-schema.js';

export const StreamQuerySchema = Type.Object({
  user_id: UserIdParameter,
  ticket: Type.Optional(
    Type.String({
      description: 'In place of a token, for clients that send no headers: from POST /api/stream/ticket.',
    }),
  ),
  last_event_id: Type.Optional(
    Type.String({ description: 'The id of the last event of an earlier stream: this one goes on after it.' }),
  ),
});
export type StreamQuery = Static<typeof StreamQuerySchema>;

export const StreamHeadersSchema = Type.Object({ 'last-event-id': Type.Optional(Type.String()) });

export const TicketQuerySchema = Type.Object({ user_id: UserIdParameter });
export type TicketQuery = Static<typeof TicketQuerySchema>;

export const TicketSchema = Type.Object(
  {
    url: Type.String({ description: 'The stream, relative to this server; good until `expires_at`.' }),
    expires_at: Type.String({ format: 'date-time', description: 'The stream has to be opened before.' }),
  },
  { description: 'Opens one stream of one user and nothing else.' },
);

import type { NewEvent } from '../../event-store.js';
import { parseJson } from '../engine/json-column.js';

export const PENDING = 0;
export const DONE = 1;
export const DEAD = 2;

/** What of a row makes the event that was stored in it. */
export interface EventRow {
  readonly user_id: string;
  readonly source: string;
  readonly event_id: string;
  readonly action: string;
  readonly occurred_at: number;
  readonly value: number;
  readonly properties: string | null;
  readonly received_at: number;
}

export const EVENT_COLUMNS = 'user_id, source, event_id, action, occurred_at, value, properties, received_at';

export function eventOf(row: EventRow): NewEvent {
  return {
    id: row.event_id,
    source: row.source,
    userId: row.user_id,
    action: row.action,
    occurredAt: row.occurred_at,
    value: row.value,
    properties: row.properties === null ? {} : parseJson(row.properties),
    receivedAt: row.received_at,
  };
}

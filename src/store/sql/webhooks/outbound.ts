import type { AnnouncedType } from '../../../core/flags/announcement.js';
import { partitionOf } from '../../../core/values/partition.js';
import type { OutboundReader, OutboundWriter } from '../../outbound-store.js';
import { insertRows } from '../engine/insert-rows.js';
import { changeByKey } from '../engine/rows-by-key.js';
import { firstRow, parseJson, type Sql } from '../engine/sql.js';

interface OutboundRow {
  readonly id: number;
  readonly event_id: string;
  readonly type: AnnouncedType;
  readonly user_id: string;
  readonly subject: string;
  readonly payload: string;
  readonly created_at: number;
}

export function outboundReader(sql: Sql): OutboundReader {
  return {
    waiting: async () => (await firstRow(sql, 'SELECT id FROM outbound_events ORDER BY id LIMIT 1')) !== undefined,
    oldestAt: async () => {
      const text = 'SELECT created_at FROM outbound_events ORDER BY id LIMIT 1';
      return (await firstRow<{ created_at: number }>(sql, text))?.created_at;
    },
    positions: async (limit) => {
      const rows = await sql.rows<{ id: number }>('SELECT id FROM outbound_events ORDER BY id LIMIT ?', [limit]);
      return rows.map(({ id }) => id);
    },
  };
}

export function outboundWriter(sql: Sql): OutboundWriter {
  return {
    append: async (events) => {
      await insertRows(sql, {
        table: 'outbound_events',
        columns: ['event_id', 'type', 'part', 'user_id', 'subject', 'payload', 'created_at'],
        keyLength: 0,
        rows: events.map(({ id, type, userId, subject, data, at }) => [
          ...[id, type, partOf(userId), userId, subject],
          ...[JSON.stringify(data), at],
        ]),
      });
    },
    take: async (limit, which = { except: [] }) => {
      const [not, positions] = 'only' in which ? ['', which.only] : ['NOT ', which.except];
      if (not === '' && positions.length === 0) return [];
      const named = positions.length === 0 ? '' : `WHERE ${not}(${sql.dialect.isOneOf(['id'], positions.length)}) `;
      const rows = await sql.rows<OutboundRow>(
        'SELECT id, event_id, type, user_id, subject, payload, created_at FROM outbound_events ' +
          `${named}ORDER BY id LIMIT ?${sql.dialect.forUpdateOfFree}`,
        [...positions, limit],
      );
      return rows.map((row) => ({
        position: row.id,
        id: row.event_id,
        type: row.type,
        userId: row.user_id,
        subject: row.subject,
        at: row.created_at,
        data: parseJson(row.payload),
      }));
    },
    drop: async (events) => {
      await changeByKey(
        sql,
        ['id'],
        events.map(({ position }) => [position]),
        (condition) => `DELETE FROM outbound_events WHERE ${condition}`,
      );
    },
  };
}

/** The partition of an event; 0 for one that is about no user. */
export function partOf(userId: string): number {
  return userId === '' ? 0 : partitionOf(userId);
}

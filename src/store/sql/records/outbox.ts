import { partitionOf } from '../../../core/values/partition.js';
import type { OutboxReader, OutboxWriter, PlacedChange, UserChange } from '../../outbox-store.js';
import { insertRows } from '../engine/insert-rows.js';
import { changeByKey, chunksOf, rowsByKey } from '../engine/rows-by-key.js';
import { type Engine, parseJson, type Sql } from '../engine/sql.js';

const BATCHES_PER_STATEMENT = 200;
const USERS_PER_STATEMENT = 200;

interface ChangeRow {
  readonly user_id: string;
  readonly batch: string;
  readonly changed_at: number;
  readonly payload: string;
}

interface PlacedRow extends ChangeRow {
  readonly id: number;
}

type Payload = Pick<UserChange, 'unlocked' | 'locked' | 'cause' | 'revision'>;

export function outboxWriter(sql: Sql): OutboxWriter {
  return {
    append: async (changes) => {
      await insertRows(sql, {
        table: 'outbox',
        columns: ['part', 'user_id', 'batch', 'changed_at', 'payload'],
        keyLength: 0,
        rows: changes.map(({ userId, batch, at, revision, unlocked, locked, cause }) => {
          const payload: Payload = { unlocked, locked, cause, revision };
          return [partitionOf(userId), userId, batch, at, JSON.stringify(payload)];
        }),
      });
    },
  };
}

export function outboxReader({ read, write }: Engine): OutboxReader {
  return {
    changes: async (batches, userIds) => {
      const changes: UserChange[] = [];
      for (const some of chunksOf([...new Set(batches)], BATCHES_PER_STATEMENT)) {
        const rows = await rowsByKey<ChangeRow>(
          read,
          ['user_id'],
          [...new Set(userIds)].map((userId) => [userId]),
          (condition) =>
            'SELECT user_id, batch, changed_at, payload FROM outbox ' +
            `WHERE ${read.dialect.isOneOf(['batch'], some.length)} AND ${condition} ORDER BY id`,
          some,
        );
        changes.push(...rows.map(changeOf));
      }
      return changes;
    },
    since: async (positions) => {
      const changes: PlacedChange[] = [];
      for (const some of chunksOf([...positions], USERS_PER_STATEMENT)) {
        // Each user has a range of their own: one bound for all would read again what most streams have been told.
        const ranges = new Array<string>(some.length).fill('(part = ? AND user_id = ? AND id > ?)').join(' OR ');
        const rows = await read.rows<PlacedRow>(
          `SELECT id, user_id, batch, changed_at, payload FROM outbox${read.dialect.useIndex('outbox_user')} ` +
            `WHERE ${ranges} ORDER BY id`,
          some.flatMap(([userId, position]) => [partitionOf(userId), userId, position]),
        );
        for (const row of rows) changes.push({ ...changeOf(row), position: Number(row.id) });
      }
      return changes;
    },
    newest: async (since, limit) => {
      const rows = await read.rows<Pick<PlacedRow, 'id' | 'user_id'>>(
        `SELECT id, user_id FROM outbox${read.dialect.useIndex('outbox_changed_at')} WHERE changed_at >= ? LIMIT ?`,
        [since, limit + 1],
      );
      if (rows.length > limit) return undefined;
      const newest = new Map<string, number>();
      for (const { id, user_id: userId } of rows) newest.set(userId, Math.max(Number(id), newest.get(userId) ?? 0));
      return newest;
    },
    recent: async (since, limit) => {
      const rows = await read.rows<PlacedRow>(
        `SELECT id, user_id, batch, changed_at, payload FROM outbox${read.dialect.useIndex('outbox_changed_at')} ` +
          'WHERE changed_at >= ? ORDER BY changed_at, id LIMIT ?',
        [since, limit],
      );
      return rows.map((row) => ({ ...changeOf(row), position: Number(row.id) }));
    },
    purge: async (before, limit) => {
      const rows = await read.rows<{ id: number }>('SELECT id FROM outbox WHERE changed_at < ? LIMIT ?', [
        before,
        limit,
      ]);
      return changeByKey(
        write,
        ['id'],
        rows.map((row) => [row.id]),
        (condition) => `DELETE FROM outbox WHERE ${condition}`,
      );
    },
  };
}

function changeOf(row: ChangeRow): UserChange {
  return {
    userId: row.user_id,
    batch: row.batch,
    at: row.changed_at,
    ...parseJson<Payload>(row.payload),
  };
}

import type { VolumeStore } from '../../volume-store.js';
import { insertRows } from '../engine/insert-rows.js';
import { beginsWith } from '../engine/prefix-range.js';
import { changeByKey } from '../engine/rows-by-key.js';
import { runAgain } from '../engine/run-again.js';
import type { Engine } from '../engine/sql.js';

interface VolumeRow {
  readonly action: string;
  readonly day: number;
  readonly times: number | string;
}

export function volumeStore(engine: Engine): VolumeStore {
  const { read, write, dialect } = engine;
  return {
    add: (counted) =>
      runAgain(dialect, () =>
        engine.transaction(async (sql) => {
          await insertRows(sql, {
            table: 'action_volume',
            columns: ['action', 'day', 'times'],
            keyLength: 2,
            rows: counted.map(({ action, day, times }) => [action, day, times]),
            existing: { times: 'add' },
          });
        }),
      ),
    async actions({ prefix, fromDay, limit }) {
      const { text, values } = beginsWith('action', prefix);
      const rows = await read.rows<Omit<VolumeRow, 'day'>>(
        `SELECT action, SUM(times) AS times FROM action_volume WHERE ${text} AND day >= ? ` +
          'GROUP BY action ORDER BY action LIMIT ?',
        [...values, fromDay, limit],
      );
      return rows
        .filter(({ action }) => action.startsWith(prefix))
        .map(({ action, times }) => ({ action, times: Number(times) }));
    },
    async days(action, fromDay) {
      const rows = await read.rows<VolumeRow>(
        'SELECT day, times FROM action_volume WHERE action = ? AND day >= ? ORDER BY day',
        [action, fromDay],
      );
      return rows.map(({ day, times }) => ({ day, times: Number(times) }));
    },
    async purge(beforeDay, limit) {
      const rows = await read.rows<VolumeRow>('SELECT action, day FROM action_volume WHERE day < ? LIMIT ?', [
        beforeDay,
        limit,
      ]);
      return changeByKey(
        write,
        ['action', 'day'],
        rows.map(({ action, day }) => [action, day]),
        (condition) => `DELETE FROM action_volume WHERE ${condition}`,
      );
    },
  };
}

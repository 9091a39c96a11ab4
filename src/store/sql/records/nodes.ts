import { NODE_KEPT_MS, type NodeReport, type NodeStore } from '../../node-store.js';
import { insertRows } from '../engine/insert-rows.js';
import { type Engine, parseJson } from '../engine/sql.js';

export function nodeStore({ read, write }: Engine): NodeStore {
  const { nowMs } = read.dialect;
  return {
    announce: async (report) => {
      await insertRows(write, {
        table: 'nodes',
        columns: ['node', 'report'],
        keyLength: 1,
        rows: [[report.id, JSON.stringify(report)]],
        expressions: { seen_at: nowMs },
        existing: { report: 'replace', seen_at: 'replace' },
      });
      await write.run(`DELETE FROM nodes WHERE seen_at < ${nowMs} - ?`, [NODE_KEPT_MS]);
    },
    leave: async (id) => {
      await write.run('DELETE FROM nodes WHERE node = ?', [id]);
    },
    all: async () => {
      const rows = await read.rows<{ readonly report: string; readonly seen_at: number }>(
        `SELECT report, seen_at FROM nodes WHERE seen_at >= ${nowMs} - ? ORDER BY node`,
        [NODE_KEPT_MS],
      );
      return rows.map((row) => ({ ...parseJson<NodeReport>(row.report), seenAt: row.seen_at }));
    },
  };
}

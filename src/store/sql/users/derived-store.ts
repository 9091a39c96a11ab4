import type { DerivedStore } from '../../derived-store.js';
import { type Engine, firstRow } from '../engine/sql.js';
import { derivedRevision } from './counts/derived-actions.js';

export function derivedStore({ read, write }: Engine): DerivedStore {
  const through = async (): Promise<number> => {
    const row = await firstRow<{ value: string }>(read, "SELECT value FROM meta WHERE name = 'derived_through'");
    return Number(row?.value ?? 0);
  };
  return {
    unsettled: async () => {
      const [revision, settled] = await Promise.all([derivedRevision(read), through()]);
      return revision > settled ? revision : undefined;
    },
    behind: async (revision, after, limit) => {
      const rows = await read.rows<{ part: number; id: string }>(
        `SELECT part, id FROM users${read.dialect.useIndex('PRIMARY')} WHERE part >= ? AND (part, id) > (?, ?) AND ` +
          'derived_revision < ? ORDER BY part, id LIMIT ?',
        [after.partition, after.partition, after.userId, revision, limit],
      );
      return rows.map(({ part, id }) => ({ partition: part, userId: id }));
    },
    settled: async (revision) => {
      // Another server may have noted a later one meanwhile.
      const later = (await through()) >= revision;
      if (!later) await write.run("UPDATE meta SET value = ? WHERE name = 'derived_through'", [String(revision)]);
    },
  };
}

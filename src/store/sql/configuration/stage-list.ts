import type { Stage, StageList } from '../../../core/flags/flag.js';
import { insertRows } from '../engine/insert-rows.js';
import { firstRow, type Sql } from '../engine/sql.js';
import { markPart } from './changed-revision.js';

export interface StageRow {
  readonly name: string;
  readonly self_settable: number;
}

/** The list with its version; give it a snapshot, or a transaction. */
export async function readStages(sql: Sql): Promise<StageList> {
  const [row, stages] = await Promise.all([
    firstRow<{ stages_version: number }>(sql, 'SELECT stages_version FROM configuration_revision WHERE id = 1'),
    sql.rows<StageRow>('SELECT name, self_settable FROM stages ORDER BY position'),
  ]);
  return { version: Number(row?.stages_version ?? 0), stages: stages.map(stageOf) };
}

export function stageOf(row: StageRow): Stage {
  return { name: row.name, selfSettable: row.self_settable !== 0 };
}

export async function putStages(sql: Sql, { stages, version }: StageList): Promise<void> {
  await sql.run('UPDATE configuration_revision SET stages_version = ? WHERE id = 1', [version]);
  await sql.run('DELETE FROM stages');
  await insertRows(sql, {
    table: 'stages',
    columns: ['name', 'position', 'self_settable'],
    keyLength: 1,
    rows: stages.map(({ name, selfSettable }, position) => [name, position, Number(selfSettable)]),
  });
  await markPart(sql, 'stages_changed');
}

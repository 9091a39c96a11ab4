import type { Sql } from '../engine/sql.js';

/** The parts that are read as a whole where they changed, each with the column of the revision at which it last did. */
export type PartMark =
  | 'segments_dropped'
  | 'stages_changed'
  | 'actions_changed'
  | 'actions_derived'
  | 'announced_changed'
  | 'time_zone_changed'
  | 'search_changed';

/** The revision that this transaction makes, as an expression: what is written with it is read by whoever is behind. */
export const PRESENT_REVISION = '(SELECT revision FROM configuration_revision WHERE id = 1)';

/** Marks a part as changed by the revision that this transaction makes. */
export async function markPart(sql: Sql, mark: PartMark): Promise<void> {
  await sql.run(`UPDATE configuration_revision SET ${mark} = revision WHERE id = 1`);
}

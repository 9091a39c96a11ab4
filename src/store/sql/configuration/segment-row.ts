import type { Segment } from '../../../core/flags/flag.js';
import type { SqlValue } from '../engine/dialect.js';
import { parseJson } from '../engine/sql.js';

export const SEGMENT_COLUMNS = [
  'segment_key',
  'id',
  'name',
  'conditions',
  'version',
  'created_at',
  'updated_at',
] as const;

export interface SegmentRow {
  readonly segment_key: string;
  readonly id: string;
  readonly name: string;
  readonly conditions: string;
  readonly version: number;
  readonly created_at: number;
  readonly updated_at: number;
}

export function segmentOf(row: SegmentRow): Segment {
  return {
    id: row.id,
    key: row.segment_key,
    name: row.name,
    conditions: parseJson(row.conditions),
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

/** In the order of {@link SEGMENT_COLUMNS}. */
export function segmentValues({ id, key, name, conditions, version, createdAt, updatedAt }: Segment): SqlValue[] {
  return [key, id, name, JSON.stringify(conditions), version, createdAt, updatedAt];
}

import type { JsonValue } from '../../../core/values/json.js';
import {
  type StoredVersion,
  VERSIONS_KEPT,
  type VersionKind,
  type VersionReader,
  type VersionWriter,
} from '../../version-store.js';
import { insertRows } from '../engine/insert-rows.js';
import { numberAfter, pageOf } from '../engine/page-of.js';
import { type Engine, firstRow, parseJson, type Sql } from '../engine/sql.js';

interface VersionRow {
  readonly kind: VersionKind;
  readonly id: string;
  readonly version: number;
  readonly at: number;
  readonly actor: string;
  readonly actor_organization: string;
  readonly request_id: string;
  readonly comment: string;
  readonly state: string;
}

const COLUMNS = [
  ...['kind', 'id', 'version', 'at', 'actor', 'actor_organization', 'request_id', 'comment', 'state'],
] as const;
const OF_THING = 'kind = ? AND id = ?';

export function versionWriter(sql: Sql): VersionWriter {
  return {
    append: async ({ kind, id, version, at, actor, actorOrganization, requestId, comment, state }) => {
      const row = [kind, id, version, at, actor, actorOrganization, requestId, comment, JSON.stringify(state)];
      await Promise.all([
        insertRows(sql, { table: 'versions', columns: COLUMNS, keyLength: 3, rows: [row] }),
        sql.run(`DELETE FROM versions WHERE ${OF_THING} AND version <= ?`, [kind, id, version - VERSIONS_KEPT]),
      ]);
    },
    drop: async ({ kind, id }) => {
      await sql.run(`DELETE FROM versions WHERE ${OF_THING}`, [kind, id]);
    },
  };
}

export function versionReader({ read }: Engine): VersionReader {
  const select = `SELECT ${COLUMNS.join(', ')} FROM versions WHERE ${OF_THING}`;
  const below = `${select} AND version < ? ORDER BY version DESC LIMIT ?`;
  const one = async (text: string, values: readonly (string | number)[]) => {
    const row = await firstRow<VersionRow>(read, text, values);
    return row && versionOf(row);
  };
  return {
    list: async ({ kind, id }, page) => {
      const after = numberAfter(page.after, Number.MAX_SAFE_INTEGER);
      const rows = await read.rows<VersionRow>(below, [kind, id, after, page.limit + 1]);
      return pageOf(rows, page.limit, versionOf, (row) => String(row.version));
    },
    get: ({ kind, id }, version) => one(`${select} AND version = ?`, [kind, id, version]),
    before: ({ kind, id }, version) => one(below, [kind, id, version, 1]),
  };
}

function versionOf(row: VersionRow): StoredVersion {
  const { kind, id, version, at, actor, comment } = row;
  return {
    ...{ kind, id, version, at, actor, comment },
    actorOrganization: row.actor_organization,
    requestId: row.request_id,
    state: parseJson<JsonValue>(row.state),
  };
}

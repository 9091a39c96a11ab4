import { keptForSearch } from '../../../core/states/searched-attributes.js';
import { foldedText } from '../../../core/values/folded-text.js';
import { PARTITIONS } from '../../../core/values/partition.js';
import type { UsersRequest } from '../../finder.js';
import type { SqlValue } from '../engine/dialect.js';
import { numberAfter, splitPosition } from '../engine/page-of.js';
import { beginsWith } from '../engine/prefix-range.js';
import type { Sql } from '../engine/sql.js';
import type { UserKey } from '../engine/user-keys.js';

/** Somebody who may be looked for, found by an index alone. */
export interface Candidate {
  readonly key: UserKey;
  /** Right after this candidate, within the source. */
  readonly position: readonly string[];
  /** By which attribute; undefined by the id, or by what else the source goes by. */
  readonly attribute?: string;
}

/** A list of candidates, read along one index. */
export interface Source {
  /** How many parts a position has. */
  readonly length: number;
  /** The candidates after a position, `limit` at most: fewer are all that there are. */
  read(sql: Sql, after: readonly string[] | undefined, limit: number): Promise<readonly Candidate[]>;
}

/**
 * The lists that have everybody whom the request asks for, one after the other. Each goes along the index that leaves fewest to be passed
 * over: with a text by that, within the organization where there is one; without, by a role within the organization, by organization, stage or
 * flag.
 */
export function sourcesOf(request: UsersRequest): readonly Source[] {
  const { text, attributes, stage, organizationId, role, unlocked } = request;
  if (text !== '') {
    const folded = foldedText(text).trimStart();
    const byValue = folded === '' ? [] : attributes.map((attribute) => byAttribute(request, attribute, folded));
    return [byId(request), ...byValue];
  }
  if (organizationId !== '' && role !== '') return [byRole(organizationId, role)];
  if (organizationId === '' && stage === '' && unlocked !== undefined) return [byUnlock(unlocked.flagId)];
  return [byId(request)];
}

/** Users by id: all of them, an organization's, or those who are in a stage. */
function byId({ text, organizationId, stage }: UsersRequest): Source {
  // Few ids begin with a text; a stage may have nearly everybody.
  const [index, column, value] =
    organizationId !== ''
      ? ['users_organization_id', 'organization_id', organizationId]
      : stage !== '' && text === ''
        ? ['users_stage', 'stage', stage]
        : ['users_id', undefined, ''];
  const within = column === undefined ? '' : `${column} = ? AND `;
  const range = beginsWith('id', text);
  return {
    length: 1,
    read: async (sql, [after = ''] = [], limit) => {
      const rows = await sql.rows<{ part: number; id: string }>(
        `SELECT part, id FROM users${sql.dialect.useIndex(index)} WHERE ${within}${range.text} AND id > ? AND part < ? ` +
          'ORDER BY id LIMIT ?',
        [...(column === undefined ? [] : [value]), ...range.values, after, PARTITIONS, limit],
      );
      return rows.map(({ part, id }) => ({ key: [part, id], position: [id] }));
    },
  };
}

/** The members of an organization who were given a role, in the order of users: that of the index. */
function byRole(organizationId: string, role: string): Source {
  return {
    length: 2,
    read: async (sql, [afterPart = '-1', after = ''] = [], limit) => {
      const part = numberAfter(afterPart, -1);
      const rows = await sql.rows<{ part: number; user_id: string }>(
        `SELECT part, user_id FROM user_roles${sql.dialect.useIndex('user_roles_organization')} ` +
          'WHERE organization_id = ? AND role = ? AND part >= ? AND part < ? AND (part, user_id) > (?, ?) ' +
          'ORDER BY part, user_id LIMIT ?',
        [organizationId, role, part, PARTITIONS, part, after, limit],
      );
      return rows.map((row) => ({ key: [row.part, row.user_id], position: [String(row.part), row.user_id] }));
    },
  };
}

/** Users by the value of an attribute, then by id. */
function byAttribute({ organizationId }: UsersRequest, attribute: string, folded: string): Source {
  const within = organizationId === '' ? '' : 'organization_id = ? AND ';
  const index = organizationId === '' ? 'user_search_value' : 'user_search_organization';
  const bound = organizationId === '' ? [attribute] : [organizationId, attribute];
  const range = beginsWith('value', keptForSearch(folded));
  const read = async (sql: Sql, condition: string, values: readonly SqlValue[], limit: number) => {
    const rows = await sql.rows<{ part: number; user_id: string; value: string }>(
      `SELECT part, user_id, value FROM user_search${sql.dialect.useIndex(index)} ` +
        `WHERE ${within}attribute = ? AND ${condition} ORDER BY value, user_id LIMIT ?`,
      [...bound, ...values, limit],
    );
    return rows.map(
      ({ part, user_id, value }): Candidate => ({ key: [part, user_id], position: [value, user_id], attribute }),
    );
  };
  return {
    length: 2,
    read: async (sql, after, limit) => {
      if (after === undefined) return read(sql, range.text, range.values, limit);
      const [value = '', userId = ''] = after;
      // The rest of one value, which many may have, and then what comes after it: each begins in the middle of the index.
      const same = await read(sql, 'value = ? AND user_id > ?', [value, userId], limit);
      if (same.length === limit) return same;
      const beyond = await read(sql, `${range.text} AND value > ?`, [...range.values, value], limit - same.length);
      return [...same, ...beyond];
    },
  };
}

const LEDGER_KEY = ['recorded_at', 'part', 'user_id', 'seq'] as const;

/** Users by when the first entry about a flag came into their ledger. */
function byUnlock(flagId: string): Source {
  return {
    length: LEDGER_KEY.length,
    read: async (sql, after, limit) => {
      const [recordedAt = 0, part = 0, userId = '', seq = 0] = after ?? [];
      const place = [Number(recordedAt) || 0, Number(part) || 0, userId, Number(seq) || 0];
      const beyond = after === undefined ? '' : `recorded_at >= ? AND (${LEDGER_KEY.join(', ')}) > (?, ?, ?, ?) AND `;
      const rows = await sql.rows<{
        recorded_at: number;
        part: number;
        user_id: string;
        seq: number;
        is_first: number;
      }>(
        'SELECT recorded_at, part, user_id, seq, NOT EXISTS (SELECT 1 FROM unlocks earlier WHERE earlier.part = entry.part ' +
          'AND earlier.user_id = entry.user_id AND earlier.seq < entry.seq AND earlier.flag_id = entry.flag_id) AS is_first ' +
          `FROM unlocks entry${sql.dialect.useIndex('unlocks_flag')} WHERE flag_id = ? AND ${beyond}part < ? ` +
          `ORDER BY ${LEDGER_KEY.join(', ')} LIMIT ?`,
        [flagId, ...(after === undefined ? [] : [place[0]!, ...place]), PARTITIONS, limit],
      );
      return rows.map((row) => ({
        key: [row.part, row.is_first === 0 ? NOBODY : row.user_id],
        position: LEDGER_KEY.map((column) => String(row[column])),
      }));
    },
  };
}

/** No user has this id: it stands for somebody who is in the list already. */
const NOBODY = '';

/** Where a page goes on: in which source, and where in it; the beginning for what no page gave. */
export function placeIn(sources: readonly Source[], after: string | undefined): Place {
  for (const [i, source] of sources.entries()) {
    const [at, ...position] = splitPosition(after, source.length + 1) ?? [];
    if (at === String(i)) return { source: i, after: position };
  }
  return { source: 0, after: undefined };
}

export interface Place {
  readonly source: number;
  readonly after: readonly string[] | undefined;
}

import { foldedText } from '../../../core/values/folded-text.js';
import type { JsonValue } from '../../../core/values/json.js';
import {
  type AuditEntry,
  type AuditFilter,
  type AuditReader,
  type AuditSubject,
  type AuditWriter,
  REACH,
} from '../../audit-store.js';
import type { PageRequest } from '../../page.js';
import type { SqlValue } from '../engine/dialect.js';
import { insertRows } from '../engine/insert-rows.js';
import { numberAfter } from '../engine/page-of.js';
import { changeByKey, rowsByKey } from '../engine/rows-by-key.js';
import { type Engine, firstRow, parseJson, type Sql } from '../engine/sql.js';
import { AUDIT_COLUMNS, type AuditRow, COLUMNS } from './audit-row.js';
import { erasePerson } from './erase-person.js';

export function auditWriter(sql: Sql): AuditWriter {
  return {
    append: async (entry) => {
      const { at, actor, actorOrganization, action, target, requestId, comment } = entry;
      const states = [JSON.stringify(entry.before), JSON.stringify(entry.after)];
      const row = [at, actor, actorOrganization, action, target, ...states, requestId, comment];
      // Both are asked for at once: nothing comes between them, so that the number is that of the entry.
      await Promise.all([
        insertRows(sql, { table: 'audit', columns: COLUMNS, keyLength: 0, rows: [row] }),
        insertRows(sql, {
          table: 'audit_subjects',
          columns: ['kind', 'subject'],
          keyLength: 2,
          rows: entry.subjects.map(({ kind, id }) => [kind, id]),
          expressions: { audit_id: sql.dialect.lastNumber },
        }),
      ]);
    },
    erasePerson: (userId, limit) => erasePerson(sql, userId, limit),
  };
}

/** How many entries are read at once where not all of them may be wanted, and how many one page looks at. */
const CHUNK = 200;
const LOOKED_AT = 2_000;

export function auditReader({ read, write }: Engine): AuditReader {
  return {
    list: async (page, filter) => {
      const bounds = await boundsOf(read, filter);
      if (bounds === undefined) return { items: [] };
      const oldest = page.order === 'oldest';
      const range = rangeOf(page, bounds, oldest);
      const way = wayOf(filter);
      const items: AuditEntry[] = [];
      const size = way.whole ? page.limit + 1 : CHUNK;
      for (let looked = 0; ; looked += size) {
        const ids = await idsOf(read, way, { ...range, oldest, limit: size });
        for (const entry of await matching(read, ids, filter, way)) {
          if (items.length === page.limit) return { items, next: String(items.at(-1)!.id) };
          items.push(entry);
        }
        if (ids.length < size) return { items };
        const last = ids.at(-1)!;
        if (looked + size >= LOOKED_AT && !way.whole) return { items, next: String(last) };
        if (oldest) range.above = last;
        else range.below = last;
      }
    },
    get: async (id, reach) => {
      const text = `SELECT ${AUDIT_COLUMNS} FROM audit WHERE id = ?`;
      const row = await firstRow<AuditRow>(read, text, [id]);
      if (row === undefined) return undefined;
      const within = reach === undefined || (await among(read, { kind: REACH, id: reach }, [id])).has(id);
      return within ? entryOf(row) : undefined;
    },
    purge: async (before, limit) => {
      // Read in the order of the key, in which instants grow: a search by instant would read the whole table if nothing is old.
      const rows = await read.rows<Pick<AuditRow, 'id' | 'at'>>('SELECT id, at FROM audit ORDER BY id LIMIT ?', [
        limit,
      ]);
      const old = rows.filter(({ at }) => at < before).map(({ id }) => [id]);
      await changeByKey(write, ['audit_id'], old, (condition) => `DELETE FROM audit_subjects WHERE ${condition}`);
      return changeByKey(write, ['id'], old, (condition) => `DELETE FROM audit WHERE ${condition}`);
    },
  };
}

/** By how much the order of ids and of instants may differ: an entry gets its id when it is written, some time into its transaction. */
const SLACK_MS = 600_000;

/** Between which ids a range of time lies, at the most; undefined where nothing is that new. */
async function boundsOf(sql: Sql, { from, to }: AuditFilter): Promise<{ above: number; below: number } | undefined> {
  const text = `SELECT id FROM audit${sql.dialect.useIndex('audit_at')} WHERE at >= ? ORDER BY at, id LIMIT 1`;
  const firstSince = async (at: number) => (await firstRow<{ id: number }>(sql, text, [at]))?.id;
  const first = from === undefined ? 0 : await firstSince(from - SLACK_MS);
  if (first === undefined) return undefined;
  const end = to === undefined ? undefined : await firstSince(to + SLACK_MS);
  return { above: first - 1, below: end ?? Number.MAX_SAFE_INTEGER };
}

function rangeOf({ after }: PageRequest, bounds: { readonly above: number; readonly below: number }, oldest: boolean) {
  return oldest
    ? { above: Math.max(bounds.above, numberAfter(after, -1)), below: bounds.below }
    : { above: bounds.above, below: Math.min(bounds.below, numberAfter(after, Number.MAX_SAFE_INTEGER)) };
}

/** By which index a list reads, and whether what it finds there is all that the filter asks for. */
interface Way {
  readonly select: (sql: Sql) => string;
  /** The column with the entries' ids. */
  readonly id: string;
  readonly values: readonly SqlValue[];
  readonly whole: boolean;
  /** The members of the filter that remain to be held against the entries. */
  readonly subjects: readonly AuditSubject[];
}

function wayOf(filter: AuditFilter): Way {
  const { target, actor, reach, subject, organizationId } = filter;
  const subjects = [
    ...(reach === undefined ? [] : [{ kind: REACH, id: reach }]),
    ...(subject === undefined ? [] : [subject]),
    ...(organizationId === undefined ? [] : [{ kind: 'organization', id: organizationId }]),
  ];
  const others = [filter.from, filter.to, filter.text].every((given) => given === undefined);
  const [first, ...rest] = subjects;
  if (first !== undefined) {
    return {
      select: ({ dialect }) =>
        `SELECT audit_id AS id FROM audit_subjects${dialect.useIndex('PRIMARY')} WHERE kind = ? AND subject = ?`,
      ...{ id: 'audit_id', values: [first.kind, first.id], subjects: rest },
      whole: others && rest.length === 0 && actor === undefined && target === undefined,
    };
  }
  const of = (index: string, column: string, value: string, whole: boolean): Way => ({
    select: ({ dialect }) => `SELECT id FROM audit${dialect.useIndex(index)} WHERE ${column} = ?`,
    ...{ id: 'id', values: [value], whole, subjects: [] },
  });
  if (actor !== undefined) return of('audit_actor', 'actor', actor, others && target === undefined);
  if (target !== undefined) return of('audit_target', 'target', target, others);
  return { select: () => 'SELECT id FROM audit WHERE 1 = 1', id: 'id', values: [], whole: others, subjects: [] };
}

interface IdRange {
  readonly above: number;
  readonly below: number;
  readonly oldest: boolean;
  readonly limit: number;
}

async function idsOf(sql: Sql, { select, id, values }: Way, { above, below, oldest, limit }: IdRange) {
  const text = `${select(sql)} AND ${id} > ? AND ${id} < ? ORDER BY ${id} ${oldest ? 'ASC' : 'DESC'} LIMIT ?`;
  return (await sql.rows<{ id: number }>(text, [...values, above, below, limit])).map((row) => row.id);
}

/** The entries of these ids that the filter asks for, in the order of the ids. */
async function matching(
  sql: Sql,
  ids: readonly number[],
  filter: AuditFilter,
  way: Way,
): Promise<readonly AuditEntry[]> {
  let wanted = ids;
  for (const subject of way.subjects) {
    const found = await among(sql, subject, wanted);
    wanted = wanted.filter((id) => found.has(id));
  }
  const rows = await rowsByKey<AuditRow>(
    sql,
    ['id'],
    wanted.map((id) => [id]),
    (condition) => `SELECT ${AUDIT_COLUMNS} FROM audit WHERE ${condition}`,
  );
  const byId = new Map(rows.map((row) => [row.id, row]));
  return wanted.flatMap((id) => {
    const row = byId.get(id);
    return row !== undefined && isWanted(row, filter) ? [entryOf(row)] : [];
  });
}

/** Those of these entries that are about a subject. */
async function among(sql: Sql, { kind, id }: AuditSubject, ids: readonly number[]): Promise<ReadonlySet<number>> {
  const rows = await rowsByKey<{ audit_id: number }>(
    sql,
    ['audit_id'],
    ids.map((one) => [one]),
    (condition) => `SELECT audit_id FROM audit_subjects WHERE kind = ? AND subject = ? AND ${condition}`,
    [kind, id],
  );
  return new Set(rows.map((row) => row.audit_id));
}

function isWanted(row: AuditRow, { actor, target, from, to, text }: AuditFilter): boolean {
  return (
    (actor === undefined || row.actor === actor) &&
    (target === undefined || row.target === target) &&
    (from === undefined || row.at >= from) &&
    (to === undefined || row.at < to) &&
    (text === undefined || holds(row, text))
  );
}

function holds({ actor, action, target, state_before, state_after, comment }: AuditRow, text: string): boolean {
  const wanted = foldedText(text);
  // In stored JSON quotes and backslashes are escaped.
  const escaped = JSON.stringify(wanted).slice(1, -1);
  return (
    [actor, action, target, comment].some((part) => foldedText(part).includes(wanted)) ||
    [state_before, state_after].some((part) => foldedText(part).includes(escaped))
  );
}

function entryOf(row: AuditRow): AuditEntry {
  return {
    id: row.id,
    at: row.at,
    actor: row.actor,
    actorOrganization: row.actor_organization,
    action: row.action,
    target: row.target,
    before: parseJson<JsonValue>(row.state_before),
    after: parseJson<JsonValue>(row.state_after),
    requestId: row.request_id,
    comment: row.comment,
  };
}

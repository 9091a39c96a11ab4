import { actorNamed, ERASED, erasedEntry, erasedText } from '../../../core/history/erased.js';
import { isJsonObject, type JsonValue } from '../../../core/values/json.js';
import { changeByKey, rowsByKey } from '../engine/rows-by-key.js';
import { parseJson, type Sql } from '../engine/sql.js';
import { userKey } from '../engine/user-keys.js';
import { AUDIT_COLUMNS, type AuditRow } from './audit-row.js';

/** See `AuditWriter.erasePerson`. */
export async function erasePerson(sql: Sql, userId: string, limit: number): Promise<number> {
  // Whoever is called so is not told from those who were erased: there would be no end of them.
  if (userId === ERASED) return 0;
  const about = await idsOf(
    sql,
    `SELECT audit_id AS id FROM audit_subjects${sql.dialect.useIndex('PRIMARY')} WHERE kind = 'user' AND subject = ? ORDER BY audit_id LIMIT ?`,
    [userId, limit],
  );
  const made = await idsOf(
    sql,
    `SELECT id FROM audit${sql.dialect.useIndex('audit_actor')} WHERE actor = ? ORDER BY id LIMIT ?`,
    [actorNamed(userId), limit - about.length],
  );
  const rows = await rowsByKey<AuditRow>(
    sql,
    ['id'],
    [...new Set([...about, ...made])].map((id) => [id]),
    (condition) => `SELECT ${AUDIT_COLUMNS} FROM audit WHERE ${condition}`,
  );
  for (const row of rows) await eraseEntry(sql, row, userId);
  await changeByKey(
    sql,
    ['audit_id'],
    about.map((id) => [id]),
    (condition) => `DELETE FROM audit_subjects WHERE kind = 'user' AND subject = ? AND ${condition}`,
    [userId],
  );
  const done = about.length + made.length;
  return done + (await eraseVersions(sql, userId, limit - done));
}

async function idsOf(sql: Sql, text: string, values: readonly (string | number)[]): Promise<readonly number[]> {
  return (await sql.rows<{ id: number }>(text, values)).map(({ id }) => id);
}

async function eraseEntry(sql: Sql, row: AuditRow, userId: string): Promise<void> {
  const [before, after] = [parseJson<JsonValue>(row.state_before), parseJson<JsonValue>(row.state_after)];
  if (row.actor === actorNamed(userId)) await eraseCauses(sql, after, userId);
  const erased = erasedEntry({ ...row, before, after }, userId);
  await sql.run('UPDATE audit SET actor = ?, target = ?, state_before = ?, state_after = ?, comment = ? WHERE id = ?', [
    ...[erased.actor, erased.target, JSON.stringify(erased.before), JSON.stringify(erased.after)],
    ...[erased.comment, row.id],
  ]);
}

/** Who acted by hand stands in the ledger, too: of whom, the entry says by a member `userId` or `organizationId`. */
async function eraseCauses(sql: Sql, after: JsonValue, userId: string): Promise<void> {
  if (!isJsonObject(after)) return;
  const { userId: user, organizationId: organization } = after as { readonly [name: string]: unknown };
  if (typeof user === 'string' && user !== userId) await eraseCausesOf(sql, userKey(user, 'user'), userId);
  if (typeof organization === 'string') await eraseCausesOf(sql, userKey(organization, 'organization'), userId);
}

async function eraseCausesOf(sql: Sql, key: ReturnType<typeof userKey>, userId: string): Promise<void> {
  const rows = await sql.rows<{ seq: number; cause: string }>(
    `SELECT seq, cause FROM unlocks${sql.dialect.useIndex('PRIMARY')} WHERE part = ? AND user_id = ?`,
    key,
  );
  for (const { seq, cause } of rows) {
    const { actor, ...said } = parseJson<{ readonly actor?: string; readonly reason?: string }>(cause);
    if (actor !== actorNamed(userId)) continue;
    const erased = { ...said, actor: actorNamed(ERASED), reason: erasedText(said.reason ?? '', userId) };
    await sql.run('UPDATE unlocks SET cause = ? WHERE part = ? AND user_id = ? AND seq = ?', [
      ...[JSON.stringify(erased), ...key, seq],
    ]);
  }
}

interface VersionRow {
  readonly kind: string;
  readonly id: string;
  readonly version: number;
  readonly comment: string;
}

/** Of versions, who made them and why: what they hold is of things, and not of people. */
async function eraseVersions(sql: Sql, userId: string, limit: number): Promise<number> {
  if (limit <= 0) return 0;
  const rows = await sql.rows<VersionRow>(
    `SELECT kind, id, version, comment FROM versions${sql.dialect.useIndex('versions_actor')} WHERE actor = ? LIMIT ?`,
    [actorNamed(userId), limit],
  );
  for (const { kind, id, version, comment } of rows) {
    await sql.run('UPDATE versions SET actor = ?, comment = ? WHERE kind = ? AND id = ? AND version = ?', [
      ...[actorNamed(ERASED), erasedText(comment, userId), kind, id, version],
    ]);
  }
  return rows.length;
}

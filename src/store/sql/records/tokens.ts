import { randomUUID } from 'node:crypto';
import type { Page, PageRequest } from '../../page.js';
import type { MachineToken, Scope, SessionOrigin, TokenReader, TokenWriter } from '../../token-store.js';
import { insertRows } from '../engine/insert-rows.js';
import { joinPosition, numberAfter, pageOf, splitPosition } from '../engine/page-of.js';
import { type Engine, firstRow, parseJson, type Sql } from '../engine/sql.js';

interface TokenRow {
  readonly id: string;
  readonly name: string;
  readonly hash: string;
  readonly scopes: string;
  readonly organization_id: string;
  readonly created_at: number;
  readonly expires_at: number | null;
  readonly revoked_at: number | null;
  readonly last_used_at: number | null;
  readonly parent_id: string | null;
  readonly user_id: string | null;
}

const COLUMNS = [
  ...['id', 'name', 'hash', 'scopes', 'organization_id'],
  ...['created_at', 'expires_at', 'revoked_at', 'last_used_at', 'parent_id', 'user_id'],
];

const SELECT = `SELECT ${COLUMNS.join(', ')} FROM tokens`;

export function tokenReader({ read, write }: Engine): TokenReader {
  return {
    version: async () => {
      const row = await firstRow<{ value: string }>(read, "SELECT value FROM meta WHERE name = 'tokens_version'");
      return row?.value ?? '';
    },
    byHash: async (hash) => {
      const row = await firstRow<TokenRow>(read, `${SELECT} WHERE hash = ?`, [hash]);
      return row && tokenOf(row);
    },
    list: (page, of = 'tokens') => list(read, page, of),
    all: async () => (await read.rows<TokenRow>(SELECT)).map(tokenOf),
    touch: async (id, at) => {
      // Several servers record uses, in any order: the latest one is kept.
      const unless = 'AND (last_used_at IS NULL OR last_used_at < ?)';
      await write.run(`UPDATE tokens SET last_used_at = ? WHERE id = ? ${unless}`, [at, id, at]);
    },
    purge: async (before) => {
      const dropped = await write.run('DELETE FROM tokens WHERE revoked_at < ? OR expires_at < ?', [before, before]);
      if (dropped > 0) await renewVersion(write);
      return dropped;
    },
    purgeSessions: async (before, usedBefore) => {
      const ended = '(revoked_at < ? OR expires_at < ? OR last_used_at < ?)';
      const text = `DELETE FROM tokens WHERE parent_id IS NOT NULL AND ${ended}`;
      const dropped = await write.run(text, [before, before, usedBefore]);
      if (dropped > 0) await renewVersion(write);
      return dropped;
    },
  };
}

export function tokenWriter(sql: Sql): TokenWriter {
  return {
    add: async (token) => {
      await add(sql, token);
      await renewVersion(sql);
    },
    revoke: async (id, at) => {
      await renewVersion(sql);
      await sql.run('UPDATE tokens SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL', [at, id]);
      await sql.run('UPDATE tokens SET revoked_at = ? WHERE parent_id = ? AND revoked_at IS NULL', [at, id]);
      const row = await firstRow<TokenRow>(sql, `${SELECT} WHERE id = ?`, [id]);
      return row && tokenOf(row);
    },
    revokeOf: async (organizationId, at) => {
      const text = 'UPDATE tokens SET revoked_at = ? WHERE organization_id = ? AND revoked_at IS NULL';
      const revoked = await sql.run(text, [at, organizationId]);
      if (revoked > 0) await renewVersion(sql);
      return revoked;
    },
    sessionsOf: async ({ parentId, userId }: SessionOrigin) => {
      const text = `${SELECT} WHERE parent_id = ? AND user_id = ? AND revoked_at IS NULL ORDER BY last_used_at, id`;
      return (await sql.rows<TokenRow>(text, [parentId, userId])).map(tokenOf);
    },
    forgetSessionsOf: async (userId) => {
      const dropped = await sql.run('DELETE FROM tokens WHERE user_id = ?', [userId]);
      if (dropped > 0) await renewVersion(sql);
    },
  };
}

/** Whoever holds tokens reads them anew. */
async function renewVersion(sql: Pick<Sql, 'run'>): Promise<void> {
  await sql.run("UPDATE meta SET value = ? WHERE name = 'tokens_version'", [randomUUID()]);
}

async function list(sql: Sql, { after, limit }: PageRequest, of: 'tokens' | 'sessions'): Promise<Page<MachineToken>> {
  const [createdAt = '', id = ''] = splitPosition(after, 2) ?? [];
  const from = numberAfter(createdAt, Number.MAX_SAFE_INTEGER);
  const kind = `parent_id IS ${of === 'sessions' ? 'NOT ' : ''}NULL`;
  const beyond = '(created_at < ? OR (created_at = ? AND id > ?))';
  const text = `${SELECT} WHERE ${kind} AND ${beyond} ORDER BY created_at DESC, id LIMIT ?`;
  const rows = await sql.rows<TokenRow>(text, [from, from, id, limit + 1]);
  return pageOf(rows, limit, tokenOf, (row) => joinPosition([String(row.created_at), row.id]));
}

async function add(sql: Sql, token: MachineToken): Promise<void> {
  await insertRows(sql, {
    table: 'tokens',
    columns: COLUMNS,
    keyLength: 1,
    rows: [
      [
        token.id,
        token.name,
        token.hash,
        JSON.stringify(token.scopes),
        token.organizationId,
        token.createdAt,
        token.expiresAt ?? null,
        token.revokedAt ?? null,
        token.lastUsedAt ?? null,
        token.session?.parentId ?? null,
        token.session?.userId ?? null,
      ],
    ],
  });
}

function tokenOf(row: TokenRow): MachineToken {
  return {
    id: row.id,
    name: row.name,
    hash: row.hash,
    scopes: parseJson<readonly Scope[]>(row.scopes),
    organizationId: row.organization_id,
    createdAt: row.created_at,
    ...(row.expires_at !== null && { expiresAt: row.expires_at }),
    ...(row.revoked_at !== null && { revokedAt: row.revoked_at }),
    ...(row.last_used_at !== null && { lastUsedAt: row.last_used_at }),
    ...(row.parent_id !== null && { session: { parentId: row.parent_id, userId: row.user_id ?? '' } }),
  };
}

import type { AnnouncedType } from '../../../core/flags/announcement.js';
import type {
  SigningEndpoint,
  WebhookEndpoint,
  WebhookReader,
  WebhookSecret,
  WebhookWriter,
} from '../../webhook-store.js';
import { markPart } from '../configuration/changed-revision.js';
import { insertRows } from '../engine/insert-rows.js';
import { firstRow, parseJson, type Sql } from '../engine/sql.js';

interface EndpointRow {
  readonly id: string;
  readonly url: string;
  readonly description: string;
  readonly types: string;
  readonly enabled: number;
  readonly disabled_at: number | null;
  readonly created_at: number;
  readonly updated_at: number;
}

interface SigningRow extends EndpointRow {
  readonly secrets: string;
}

const COLUMNS = ['id', 'url', 'description', 'types', 'enabled', 'disabled_at', 'created_at', 'updated_at'];
const SELECT = `SELECT ${COLUMNS.join(', ')} FROM webhook_endpoints`;
const SELECT_SIGNING = `SELECT ${COLUMNS.join(', ')}, secrets FROM webhook_endpoints WHERE id = ?`;

export function webhookReader(sql: Sql): WebhookReader {
  return {
    list: async () => (await sql.rows<EndpointRow>(`${SELECT} ORDER BY created_at, id`)).map(endpointOf),
    signing: async (id) => signingOf(await firstRow<SigningRow>(sql, SELECT_SIGNING, [id])),
  };
}

export function webhookWriter(sql: Sql): WebhookWriter {
  const { forShare, forUpdate } = sql.dialect;
  return {
    holdAll: async () => {
      const rows = await sql.rows<EndpointRow>(`${SELECT} ORDER BY id${forShare}`);
      return rows.map(endpointOf);
    },
    lock: async (id) => signingOf(await firstRow<SigningRow>(sql, `${SELECT_SIGNING}${forUpdate}`, [id])),
    count: async () => {
      const row = await firstRow<{ n: number }>(sql, 'SELECT COUNT(*) AS n FROM webhook_endpoints');
      return Number(row?.n ?? 0);
    },
    put: (endpoint) => put(sql, endpoint),
    putSecrets: async ({ id, secrets, updatedAt }) => {
      const statement = 'UPDATE webhook_endpoints SET secrets = ?, updated_at = ? WHERE id = ?';
      await sql.run(statement, [JSON.stringify(secrets), updatedAt, id]);
    },
    remove: async (id) => {
      await sql.run('DELETE FROM webhook_endpoints WHERE id = ?', [id]);
      await markPart(sql, 'announced_changed');
    },
  };
}

async function put(sql: Sql, endpoint: SigningEndpoint): Promise<void> {
  const { id, url, description, types, enabled, disabledAt, createdAt, updatedAt, secrets } = endpoint;
  const columns = [...COLUMNS, 'secrets'];
  const kept = new Set(['id', 'created_at']);
  await insertRows(sql, {
    table: 'webhook_endpoints',
    columns,
    keyLength: 1,
    rows: [
      [
        ...[id, url, description, JSON.stringify(types), Number(enabled), disabledAt ?? null, createdAt, updatedAt],
        JSON.stringify(secrets),
      ],
    ],
    existing: Object.fromEntries(
      columns.filter((column) => !kept.has(column)).map((column) => [column, 'replace' as const]),
    ),
  });
  await markPart(sql, 'announced_changed');
}

function endpointOf(row: EndpointRow): WebhookEndpoint {
  return {
    id: row.id,
    url: row.url,
    description: row.description,
    types: parseJson<readonly AnnouncedType[]>(row.types),
    enabled: row.enabled !== 0,
    ...(row.disabled_at !== null && { disabledAt: row.disabled_at }),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

function signingOf(row: SigningRow | undefined): SigningEndpoint | undefined {
  return row && { ...endpointOf(row), secrets: parseJson<readonly WebhookSecret[]>(row.secrets) };
}

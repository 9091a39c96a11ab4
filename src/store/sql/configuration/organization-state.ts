import type { AccessRow, Effect } from '../../../core/flags/flag.js';
import { type OrganizationState, unknownOrganization } from '../../../core/states/organization-state.js';
import { chunksOf } from '../engine/rows-by-key.js';
import { parseJson, type Sql } from '../engine/sql.js';

const ORGANIZATIONS_PER_STATEMENT = 500;

const ORGANIZATION = 0;
const ROLE = 1;
const ACCESS = 2;

/** A row of any of the tables an organization's state is made of, its columns put under common names. */
interface StateRow {
  readonly kind: number;
  readonly id: string;
  readonly s1: string;
  readonly s2: string;
  readonly s3: string;
  readonly s4: string;
  readonly n1: number;
  readonly n2: number;
  readonly n3: number;
}

/** Organizations' states, one for each id: one statement is one instant, so no state is torn. */
export async function loadOrganizations(
  sql: Sql,
  ids: Iterable<string>,
): Promise<ReadonlyMap<string, OrganizationState>> {
  const rowsOf = new Map<string, StateRow[]>();
  for (const id of ids) rowsOf.set(id, []);
  for (const some of chunksOf([...rowsOf.keys()], ORGANIZATIONS_PER_STATEMENT)) {
    for (const row of await sql.rows<StateRow>(stateQuery(sql, some.length), [...some, ...some, ...some])) {
      rowsOf.get(row.id)?.push(row);
    }
  }
  return new Map([...rowsOf].map(([id, rows]) => [id, stateOf(id, rows)]));
}

function stateQuery(sql: Sql, count: number): string {
  const { isOneOf } = sql.dialect;
  const ofOrganization = isOneOf(['organization_id'], count);
  return (
    `SELECT ${ORGANIZATION} AS kind, id, attributes AS s1, time_zone AS s2, '' AS s3, '' AS s4, ` +
    `strict_roles AS n1, revision AS n2, version AS n3 FROM organizations WHERE ${isOneOf(['id'], count)} ` +
    `UNION ALL SELECT ${ROLE}, organization_id, name, inherits, moving_to, '', position, 0, 0 ` +
    `FROM organization_roles WHERE ${ofOrganization} ` +
    `UNION ALL SELECT ${ACCESS}, organization_id, role, flag_id, managed_by, effect, enabled, 0, 0 ` +
    `FROM organization_access WHERE ${ofOrganization}`
  );
}

function stateOf(id: string, rows: readonly StateRow[]): OrganizationState {
  const own = rows.find((row) => row.kind === ORGANIZATION);
  const roles = rows.filter((row) => row.kind === ROLE).toSorted((a, b) => a.n1 - b.n1);
  return {
    ...unknownOrganization(id),
    ...(own && { attributes: parseJson(own.s1), strictRoles: own.n1 !== 0, revision: own.n2, version: own.n3 }),
    ...(own !== undefined && own.s2 !== '' && { timeZone: own.s2 }),
    roles: roles.map((row) => ({
      name: row.s1,
      inherits: parseJson<readonly string[]>(row.s2),
      ...(row.s3 !== '' && { movingTo: row.s3 }),
    })),
    access: rows.filter((row) => row.kind === ACCESS).map(accessOf),
  };
}

function accessOf(row: StateRow): AccessRow {
  return {
    flagId: row.s2,
    userId: '',
    role: row.s1,
    organizationId: row.id,
    managedBy: row.s3,
    effect: row.s4 as Effect,
    enabled: row.n1 !== 0,
  };
}

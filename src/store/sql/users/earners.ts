import type { OrganizationState } from '../../../core/states/organization-state.js';
import type { ActionNames, UserState } from '../../../core/states/user-state.js';
import type { OrganizationWriter } from '../../organization-store.js';
import { loadOrganizations } from '../configuration/organization-state.js';
import { organizationWriter } from '../configuration/organization-writer.js';
import type { Engine, Sql } from '../engine/sql.js';
import { bringUp } from './counts/derived-actions.js';
import { loadUsers } from './state/user-state.js';
import { lockUsers } from './user-writer.js';

type Earners = ReadonlyMap<string, UserState>;
type Organizations = ReadonlyMap<string, OrganizationState>;

/**
 * Organizations with what they have earned. That is read after the rest: whatever changes it raises the organization's revision in the
 * same transaction, so that it is never older than its revision says.
 */
export async function readOrganizations(
  { read, snapshot }: Pick<Engine, 'read' | 'snapshot'>,
  ids: readonly string[],
  earnerDaysOf: ActionNames | undefined,
): Promise<Organizations> {
  const organizations = await loadOrganizations(read, ids);
  if (earnerDaysOf === undefined) return organizations;
  const { states, behind } = await loadUsers(read, ids, earnerDaysOf, 'organization');
  if (behind.length === 0) return withEarners(organizations, states);
  const again = await snapshot((sql) => earnersOf(sql, ids, earnerDaysOf));
  return withEarners(organizations, again);
}

/**
 * Changes of organizations, each of which has its row as an earner from the time on at which it has one as an organization: so who walks
 * all earners comes past every organization.
 */
export function organizationsThatEarn(sql: Sql): OrganizationWriter {
  const writer = organizationWriter(sql);
  return {
    ...writer,
    read: (ids, earnerDaysOf) => readWithin(sql, ids, earnerDaysOf),
    lock: async (ids) => {
      const [states] = await Promise.all([writer.lock(ids), lockUsers(sql, ids, 'organization')]);
      return states;
    },
  };
}

/** Likewise, as a transaction sees them. */
async function readWithin(
  sql: Sql,
  ids: readonly string[],
  earnerDaysOf: ActionNames | undefined,
): Promise<Organizations> {
  const organizations = await loadOrganizations(sql, ids);
  return earnerDaysOf === undefined
    ? organizations
    : withEarners(organizations, await earnersOf(sql, ids, earnerDaysOf));
}

async function earnersOf(sql: Sql, ids: readonly string[], daysOf: ActionNames): Promise<Earners> {
  const { states, behind } = await loadUsers(sql, ids, daysOf, 'organization');
  if (behind.length === 0) return states;
  return new Map([...states, ...(await bringUp(sql, behind, { earner: 'organization' })).states]);
}

function withEarners(organizations: Organizations, earners: Earners): Organizations {
  return new Map(
    Array.from(organizations, ([id, organization]) => [id, { ...organization, earner: earners.get(id)! }]),
  );
}

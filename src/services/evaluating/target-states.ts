import { organizationIdOf } from '../../core/deciding/subject.js';
import { earnerDaysOf, type Snapshot } from '../../core/snapshot/snapshot.js';
import { HeldUser } from '../../core/states/held-user.js';
import type { OrganizationState } from '../../core/states/organization-state.js';
import { type UserState, unknownUser } from '../../core/states/user-state.js';
import type { Held, StateSources } from '../../store/state-source.js';
import { StoreUnavailable } from '../../store/store.js';
import type { Target } from '../access/target.js';
import type { Demands } from './consistency-gate.js';

/** The states that an answer about one target rests on. */
export interface TargetStates {
  readonly user: Held<UserState>;
  readonly organization: Held<OrganizationState> | undefined;
}

const NOBODY: Held<UserState> = { state: HeldUser.of(unknownUser('')), stale: false };

/** The target's states, if the cache has all that a snapshot reads of them and they are young enough; else undefined. */
export function peekStates(
  { users, organizations }: StateSources,
  target: Target,
  snapshot: Snapshot,
): TargetStates | undefined {
  const user = target.userId === '' ? NOBODY : users.peek(target.userId, snapshot.windowedActions);
  if (user === undefined) return undefined;
  const organizationId = organizationIdOf(user.state, target.context);
  if (organizationId === '') return { user, organization: undefined };
  const organization = organizations.peek(organizationId, earnerDaysOf(snapshot));
  return organization && { user, organization };
}

/** Each target's states, with what a snapshot reads; undefined for a target whose states are in no cache while the store is away. */
export async function loadStates(
  { users, organizations }: StateSources,
  targets: readonly Target[],
  { demand, snapshot }: { readonly demand: Demands; readonly snapshot: Snapshot },
): Promise<readonly (TargetStates | undefined)[]> {
  const userIds = [...new Set(targets.map(({ userId }) => userId))].filter((id) => id !== '');
  const heldUsers = await orNothing(users.load(userIds, { ...demand.users, daysOf: snapshot.windowedActions }));
  const userOf = (target: Target): Held<UserState> | undefined =>
    target.userId === '' ? NOBODY : heldUsers?.get(target.userId);
  const organizationIds = new Set<string>();
  for (const target of targets) {
    const user = userOf(target);
    if (user !== undefined) organizationIds.add(organizationIdOf(user.state, target.context));
  }
  organizationIds.delete('');
  const daysOf = earnerDaysOf(snapshot);
  const organizationDemand = { ...demand.organizations, ...(daysOf && { daysOf }) };
  const heldOrganizations = await orNothing(organizations.load([...organizationIds], organizationDemand));
  return targets.map((target) => {
    const user = userOf(target);
    if (user === undefined) return undefined;
    const organizationId = organizationIdOf(user.state, target.context);
    if (organizationId === '') return { user, organization: undefined };
    const organization = heldOrganizations?.get(organizationId);
    return organization && { user, organization };
  });
}

async function orNothing<T>(loading: Promise<T>): Promise<T | undefined> {
  try {
    return await loading;
  } catch (error) {
    if (error instanceof StoreUnavailable) return undefined;
    throw error;
  }
}

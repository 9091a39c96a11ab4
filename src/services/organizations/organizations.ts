import { randomUUID } from 'node:crypto';
import type { Call } from '../../calls/caller.js';
import { checkAttributes, checkComment, requireName, requireNames, requireTimeZone } from '../../calls/check-input.js';
import { encodeToken } from '../../calls/consistency-token.js';
import { invalidAt } from '../../calls/errors.js';
import { authorize } from '../../calls/permissions.js';
import { recordAudit } from '../../calls/record-audit.js';
import { requireVersion } from '../../calls/stale-version.js';
import { startBackfills } from '../../configuration/backfill-start.js';
import type { ConfigurationKeeper } from '../../configuration/configuration-keeper.js';
import { confirmSnapshot } from '../../configuration/confirm-snapshot.js';
import { latchingByOrganization } from '../../core/snapshot/latching-changes.js';
import { earnerDaysOf, type Snapshot } from '../../core/snapshot/snapshot.js';
import type { OrganizationState, RoleDefinition } from '../../core/states/organization-state.js';
import { rolesOf } from '../../core/states/role-hierarchy.js';
import { findCircle } from '../../core/values/find-circle.js';
import { type JsonObject, type JsonValue, quote, sameJson } from '../../core/values/json.js';
import type { Notifier } from '../../notify/notifier.js';
import type { Store, Transaction } from '../../store/store.js';
import { recomputeOrganizations } from '../../unlocking/recompute-organizations.js';
import { requireDelegatedFields, requireOwnOrganization } from '../access/caller-reach.js';

/** What is left out stays as it is. */
export interface SetOrganizationInput {
  readonly id: string;
  readonly attributes?: JsonObject | undefined;
  /** The time zone of its users who have none of their own; '' for the deployment's. */
  readonly timeZone?: string | undefined;
  readonly strictRoles?: boolean | undefined;
  readonly roles?: readonly RoleDefinition[] | undefined;
  /** 0: nothing may be stored of it yet; undefined: whatever it is. */
  readonly expectedVersion?: number | undefined;
  readonly comment: string;
}

const MAX_ROLES = 200;

export interface OrganizationOptions {
  readonly store: Store;
  readonly keeper: ConfigurationKeeper;
  readonly notifier: Notifier;
}

/** Organizations: their attributes, their time zone and the roles that they define. */
export class OrganizationService {
  readonly #options: OrganizationOptions;

  constructor(options: OrganizationOptions) {
    this.#options = options;
  }

  /** Creates or changes an organization; the same once more changes nothing. */
  async set(call: Call, input: SetOrganizationInput) {
    authorize(call, 'SetOrganization');
    checkOrganization(call, input);
    requireDelegatedFields(call, 'SetOrganization', { attributes: input.attributes, time_zone: input.timeZone });
    checkComment(input.comment);
    const { store, notifier } = this.#options;
    const { id } = input;
    const known = { ...input, timeZone: input.timeZone && requireTimeZone(input.timeZone, '/time_zone') };
    const { organization, changed, backfillIds } = await store.transaction((tx) => this.#write(tx, call, known));
    const { revision } = organization;
    if (changed) await notifier.publish({ kind: 'organizations', organizations: [{ id, revision }] });
    const consistencyToken = encodeToken({ epoch: await store.epoch(), organizations: [[id, revision]] });
    return { organization, backfillIds, consistencyToken };
  }

  async #write(tx: Transaction, call: Call, input: SetOrganizationInput) {
    const { id, attributes, timeZone, strictRoles, roles, expectedVersion, comment } = input;
    const before = (await tx.organizations.lock([id])).get(id)!;
    const exists = before.version > 0;
    requireVersion(id, expectedVersion, { kind: 'organization', value: exists ? before : undefined });
    const { timeZone: zoneBefore, ...stored } = before;
    const zone = (timeZone ?? zoneBefore) || undefined;
    const after: OrganizationState = {
      ...stored,
      ...(zone === undefined ? {} : { timeZone: zone }),
      attributes: attributes ?? before.attributes,
      strictRoles: strictRoles ?? before.strictRoles,
      roles: roles ?? before.roles,
      version: before.version + 1,
      revision: before.revision + 1,
    };
    if (exists && sameDescription(before, after)) return { organization: before, changed: false, backfillIds: [] };
    await tx.organizations.put(after);
    await tx.organizations.advance([id]);
    const change = { before: exists ? described(before) : undefined, after: described(after), comment };
    const now = await tx.now();
    await recordAudit(tx, call, now, { action: 'organization.set', target: id, ...change });
    const { revision, backfillIds } = await this.#judgeAnew(tx, before, after, now);
    return { organization: { ...after, revision }, changed: true, backfillIds };
  }

  /**
   * Starts backfills where the change can make latching rules true for the organization's users. Workers read an
   * organization without locking it, but they confirm the configuration's revision first. Once this transaction holds that
   * revision, every worker that read the organization as it was before has committed. What the organization itself earns by the change
   * it earns at once. Gives the organization's revision, too.
   */
  async #judgeAnew(tx: Transaction, before: OrganizationState, after: OrganizationState, now: number) {
    const { id, revision } = after;
    const changed = new Set<'roles' | 'organization' | 'zone'>();
    if (!sameJson(rolesJson(before), rolesJson(after))) changed.add('roles');
    if (!sameJson(before.attributes, after.attributes)) changed.add('organization');
    if (before.timeZone !== after.timeZone) changed.add('zone');
    if (changed.size === 0) return { revision, backfillIds: [] };
    await tx.configuration.holdRevision();
    const { snapshot } = await confirmSnapshot(tx, this.#options.keeper);
    const flagIds = latchingByOrganization(snapshot, changed);
    const earned = await judgeEarner(tx, after, { snapshot, changed, now });
    const started = { organizationId: id, reason: 'organization', revision: snapshot.revision, now } as const;
    return { revision: earned ?? revision, backfillIds: await startBackfills(tx, flagIds, started) };
  }

  /** An organization as the store has it; an empty one where nothing is stored of it. */
  async get(call: Call, id: string): Promise<OrganizationState> {
    authorize(call, 'GetOrganization');
    checkOrganization(call, { id });
    const { store, keeper } = this.#options;
    return (await store.states.organizations([id], earnerDaysOf(keeper.snapshot))).get(id)!;
  }
}

/**
 * Judges an organization as an earner by the rules that read what has changed of it, where there are any; gives the organization's
 * revision after that. Its row is locked, which everybody locks before its earner: so it does not matter that the revision was held first.
 */
async function judgeEarner(
  tx: Transaction,
  organization: OrganizationState,
  { snapshot, changed, now }: { readonly snapshot: Snapshot; readonly changed: Changed; readonly now: number },
): Promise<number | undefined> {
  const judging = snapshot.organizationEarners?.judging;
  const flagIds = judging === undefined ? [] : latchingByOrganization(judging, changed);
  if (judging === undefined || flagIds.length === 0) return undefined;
  const { id } = organization;
  const earner = (await tx.earners.lock([id], judging.windowedActions)).get(id)!;
  const unsettled = new Set(flagIds.map((flagId) => judging.flagsById.get(flagId)!.flag.key));
  const touched = { before: earner, after: earner, cause: { type: 'organization' }, unsettled } as const;
  const options = { snapshot, organizations: new Map([[id, organization]]), now, batch: randomUUID() };
  return (await recomputeOrganizations(tx, [touched], options)).revisions[0]?.revision;
}

type Changed = Parameters<typeof latchingByOrganization>[1];

function rolesJson({ roles }: OrganizationState): JsonValue {
  return roles.map(({ name, inherits }) => ({ name, inherits: [...inherits] }));
}

function sameDescription(one: OrganizationState, other: OrganizationState): boolean {
  return (
    one.strictRoles === other.strictRoles &&
    one.timeZone === other.timeZone &&
    sameJson(one.attributes, other.attributes) &&
    sameJson(rolesJson(one), rolesJson(other))
  );
}

function described({ attributes, timeZone, strictRoles, roles }: OrganizationState) {
  return { attributes, timeZone, strictRoles, roles };
}

function checkOrganization(call: Call, { id, attributes, roles = [] }: Omit<SetOrganizationInput, 'comment'>): void {
  requireName('organizationId', id, '/id');
  requireOwnOrganization(call, id);
  if (attributes !== undefined) checkAttributes(attributes);
  checkRoles(roles);
}

function checkRoles(roles: readonly RoleDefinition[]): void {
  if (roles.length > MAX_ROLES)
    throw invalidAt('/roles', `an organization defines at most ${MAX_ROLES} roles, not ${roles.length}`);
  requireNames('role', roles, '/roles');
  const known = rolesOf({ roles });
  for (const [i, { name, inherits }] of roles.entries()) {
    const unknown = inherits.find((role) => !known.has(role));
    if (unknown !== undefined) {
      throw invalidAt(
        `/roles/${i}/inherits/${inherits.indexOf(unknown)}`,
        `the role ${quote(name)} inherits ${quote(unknown)}, which is none of: ${[...known.keys()].join(', ')}`,
      );
    }
  }
  const circle = findCircle(known.keys(), (role) => known.get(role) ?? []);
  if (circle !== undefined) throw invalidAt('/roles', `roles inherit one another: ${circle.join(' → ')}`);
}

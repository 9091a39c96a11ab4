import { type Call, confinedTo } from '../../calls/caller.js';
import { checkAttributes, checkComment, requireName, requireNames, requireTimeZone } from '../../calls/check-input.js';
import { encodeToken } from '../../calls/consistency-token.js';
import { invalidAt, notFound } from '../../calls/errors.js';
import { authorize } from '../../calls/permissions.js';
import { recordAudit } from '../../calls/record-audit.js';
import { requireVersion } from '../../calls/stale-version.js';
import { startBackfills } from '../../configuration/backfill-start.js';
import type { ConfigurationKeeper } from '../../configuration/configuration-keeper.js';
import { confirmSnapshot } from '../../configuration/confirm-snapshot.js';
import { latchingByOrganization } from '../../core/snapshot/latching-changes.js';
import type { OrganizationState, RoleDefinition } from '../../core/states/organization-state.js';
import { rolesOf } from '../../core/states/role-hierarchy.js';
import { findCircle } from '../../core/values/find-circle.js';
import { type JsonObject, type JsonValue, quote, sameJson } from '../../core/values/json.js';
import type { Notifier } from '../../notify/notifier.js';
import type { Store, Transaction } from '../../store/store.js';

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
    return { organization: after, changed: true, backfillIds: await this.#backfill(tx, before, after, now) };
  }

  /**
   * Starts backfills where the change can make latching rules true for the organization's users. Workers read an
   * organization without locking it, but they confirm the configuration's revision first. Once this transaction holds that
   * revision, every worker that read the organization as it was before has committed.
   */
  async #backfill(tx: Transaction, before: OrganizationState, after: OrganizationState, now: number) {
    const changed = new Set<'roles' | 'organization' | 'zone'>();
    if (!sameJson(rolesJson(before), rolesJson(after))) changed.add('roles');
    if (!sameJson(before.attributes, after.attributes)) changed.add('organization');
    if (before.timeZone !== after.timeZone) changed.add('zone');
    if (changed.size === 0) return [];
    await tx.configuration.holdRevision();
    const { snapshot } = await confirmSnapshot(tx, this.#options.keeper);
    const { revision } = snapshot;
    const flagIds = latchingByOrganization(snapshot, changed);
    return startBackfills(tx, flagIds, { organizationId: after.id, reason: 'organization', revision, now });
  }

  /** An organization as the store has it; an empty one where nothing is stored of it. */
  async get(call: Call, id: string): Promise<OrganizationState> {
    authorize(call, 'GetOrganization');
    checkOrganization(call, { id });
    return (await this.#options.store.states.organizations([id])).get(id)!;
  }
}

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
  const confined = confinedTo(call.caller);
  if (confined !== '' && id !== confined) throw notFound(`no organization ${quote(id)}`);
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

import type { Call } from '../../calls/caller.js';
import { checkAttributes, checkComment, requireName, requireTimeZone } from '../../calls/check-input.js';
import { encodeToken } from '../../calls/consistency/consistency-token.js';
import { invalidAt } from '../../calls/errors.js';
import { authorize } from '../../calls/permissions.js';
import { requireVersion } from '../../calls/writes/stale-version.js';
import type { ConfigurationKeeper } from '../../configuration/configuration-keeper.js';
import { earnerDaysOf } from '../../core/snapshot/snapshot.js';
import type { OrganizationState, RoleDefinition } from '../../core/states/organization-state.js';
import { sameRoles, stillMoving } from '../../core/states/role-change.js';
import { faultOfRoles } from '../../core/states/role-definitions.js';
import { type JsonObject, sameJson } from '../../core/values/json.js';
import type { Notifier } from '../../notify/notifier.js';
import type { Store, Transaction } from '../../store/store.js';
import { requireDelegatedFields, requireOwnOrganization } from '../access/caller-reach.js';
import { writeOrganization } from './organization-write.js';

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
      roles: roles === undefined ? before.roles : stillMoving(roles, before.roles),
    };
    if (exists && sameDescription(before, after)) return { organization: before, changed: false, backfillIds: [] };
    const edit = { before, after, action: 'organization.set', comment };
    return { ...(await writeOrganization(tx, call, edit, this.#options.keeper)), changed: true };
  }

  /** An organization as the store has it; an empty one where nothing is stored of it. */
  async get(call: Call, id: string): Promise<OrganizationState> {
    authorize(call, 'GetOrganization');
    checkOrganization(call, { id });
    const { store, keeper } = this.#options;
    return (await store.states.organizations([id], earnerDaysOf(keeper.snapshot))).get(id)!;
  }
}

function sameDescription(one: OrganizationState, other: OrganizationState): boolean {
  return (
    one.strictRoles === other.strictRoles &&
    one.timeZone === other.timeZone &&
    sameJson(one.attributes, other.attributes) &&
    sameRoles(one.roles, other.roles)
  );
}

function checkOrganization(call: Call, { id, attributes, roles = [] }: Omit<SetOrganizationInput, 'comment'>): void {
  requireName('organizationId', id, '/id');
  requireOwnOrganization(call, id);
  if (attributes !== undefined) checkAttributes(attributes);
  const fault = faultOfRoles(roles);
  if (fault !== undefined) throw invalidAt(`/roles${fault.pointer}`, fault.message);
}

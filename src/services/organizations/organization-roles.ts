import type { Call } from '../../calls/caller.js';
import { checkComment, requireComment } from '../../calls/check-input.js';
import { encodeToken } from '../../calls/consistency/consistency-token.js';
import { forbidden } from '../../calls/errors.js';
import { authorize, type Operation } from '../../calls/permissions.js';
import { requireVersion } from '../../calls/writes/stale-version.js';
import { confirmSnapshot } from '../../configuration/confirm-snapshot.js';
import type { OrganizationState, RoleDefinition } from '../../core/states/organization-state.js';
import {
  goneRoles,
  movedRows,
  organizationAfter,
  type RoleChange,
  type RoleMove,
  sameRoles,
} from '../../core/states/role-change.js';
import { rolesOf } from '../../core/states/role-hierarchy.js';
import type { HeldRole } from '../../store/member-store.js';
import type { Transaction } from '../../store/store.js';
import { administeredFor } from '../access/caller-reach.js';
import { type MoveOptions, moveMembers } from './move-members.js';
import {
  type OrganizationEdit,
  type OrganizationWritten,
  strictRefusal,
  writeOrganization,
} from './organization-write.js';
import { isMoving, leavingRole, planOf, type RoleDraft } from './role-plans.js';
import { type Leaving, leftHanging, type RoleUse, refusalOf, requireNothingHanging, usesOfRoles } from './role-use.js';

/** The roles of an organization as it has them. */
export interface RolesOfOrganization {
  readonly organization: OrganizationState;
  /** Built-in roles, then its own, in their order. */
  readonly uses: readonly RoleUse[];
  /** Roles that members have and that nobody defined: the first few by name. */
  readonly undefinedRoles: readonly HeldRole[];
}

export interface RolesChanged extends OrganizationWritten {
  /** The roles that went, or would go, with what there was of them before. */
  readonly gone: readonly RoleUse[];
  /** Of a call that only validates: why it would be refused, or ''. */
  readonly refusal: string;
  /** How many members were given another role. */
  readonly membersMoved: number;
  /** '' where nothing was written. */
  readonly consistencyToken: string;
}

/** What every change of roles says besides. */
export interface RoleChangeInput {
  readonly organizationId: string;
  /** The organization's version that the change was made on; undefined: whatever it is. */
  readonly expectedVersion?: number | undefined;
  /** Changes nothing, and tells what would be affected. */
  readonly validateOnly: boolean;
  /** Whether what of the platform's names a role that goes may go on naming it; for the platform alone. */
  readonly keepReferences: boolean;
  readonly comment: string;
}

export interface SetRolesInput extends RoleChangeInput {
  /** All roles that the organization defines from now on. */
  readonly roles: readonly RoleDefinition[];
  readonly strictRoles?: boolean | undefined;
}

export interface MoveRoleInput extends RoleChangeInput {
  readonly role: string;
  /** The role's new name, or the role that takes its place; '' for none. */
  readonly to: string;
}

/** A change that is thought of, as a preview is asked for it. */
export interface RoleDrafted {
  readonly change: RoleChange;
  /** Who asks: '' the platform, else the organization. */
  readonly manager: string;
  readonly refusal: string;
}

const MOST_UNDEFINED = 20;

/** The roles that an organization defines: who has them, what names them, and how they change without leaving anything hanging. */
export class OrganizationRoles {
  readonly #options: MoveOptions;

  constructor(options: MoveOptions) {
    this.#options = options;
  }

  async get(call: Call, organizationId: string): Promise<RolesOfOrganization> {
    authorize(call, 'GetOrganizationRoles');
    const manager = administeredFor(call, 'GetOrganizationRoles', organizationId);
    const { store, keeper } = this.#options;
    const organization = (await store.states.organizations([organizationId])).get(organizationId)!;
    const names = [...rolesOf(organization).keys()];
    const { snapshot } = keeper;
    const [uses, undefinedRoles] = await Promise.all([
      usesOfRoles(organization, names, { manager, snapshot, reader: store.members }),
      store.members.holdingOthers(organizationId, names, MOST_UNDEFINED),
    ]);
    return { organization, uses, undefinedRoles };
  }

  /** Replaces the whole hierarchy. Rejects with CONFLICT where a role that would go is in use. The same once more changes nothing. */
  async set(call: Call, input: SetRolesInput): Promise<RolesChanged> {
    const { roles, strictRoles } = input;
    checkComment(input.comment);
    return this.#change(call, 'SetOrganizationRoles', input, {
      action: 'organization.roles.set',
      plan: planOf({ kind: 'set', roles }),
      ...(strictRoles === undefined ? {} : { strictRoles }),
    });
  }

  /** Gives a role another name, which its members, its rows and what inherits it have then as well. */
  async rename(call: Call, input: MoveRoleInput): Promise<RolesChanged> {
    if (!input.validateOnly) requireComment(input.comment, 'comment');
    const plan = planOf({ kind: 'rename', role: input.role, to: input.to });
    return this.#change(call, 'RenameOrganizationRole', input, { action: 'organization.role.rename', plan });
  }

  /** Removes a role. Where it is in use it needs another role that takes its place. */
  async remove(call: Call, input: MoveRoleInput): Promise<RolesChanged> {
    if (!input.validateOnly) requireComment(input.comment, 'comment');
    const plan = planOf({ kind: 'remove', role: input.role, to: input.to });
    return this.#change(call, 'RemoveOrganizationRole', input, { action: 'organization.role.remove', plan });
  }

  /** What a change would come to, and why it would be refused, or ''. Nothing is locked. */
  async draft(call: Call, organizationId: string, draft: RoleDraft): Promise<RoleDrafted> {
    const manager = administeredFor(call, 'PreviewOrganizationRoles', organizationId);
    const { store, keeper } = this.#options;
    const before = (await store.states.organizations([organizationId])).get(organizationId)!;
    const change = planOf(draft)(before);
    const { snapshot } = keeper;
    const names = goneRoles(before.roles, change.roles);
    const gone = await usesOfRoles(before, names, { manager, snapshot, reader: store.members });
    const input = { organizationId, keepReferences: false };
    const leavings = gone.map((use) => leavingOf(use, change, { manager, input }, snapshot));
    return { change, manager, refusal: refusalsOf(before, leavings) };
  }

  async #change(call: Call, operation: Operation, input: RoleChangeInput, planned: Planned): Promise<RolesChanged> {
    authorize(call, operation);
    const { organizationId: id, validateOnly, keepReferences } = input;
    const manager = administeredFor(call, operation, id);
    if (keepReferences && manager !== '') {
      throw forbidden(
        'only the platform decides that its rules and rows may name a role which an organization has no more',
      );
    }
    const { store, notifier } = this.#options;
    const changing = { ...planned, input, manager };
    const begun = await store.transaction((tx) => this.#begin(tx, call, changing));
    if (validateOnly || !begun.changed) return { ...begun, membersMoved: 0, consistencyToken: '' };
    await notifier.publish({ kind: 'organizations', organizations: [revisionOf(begun.organization)] });
    let { organization } = begun;
    let membersMoved = 0;
    for (let ended = begun.move === undefined; !ended; ) {
      membersMoved += await moveMembers(this.#options, call, id, begun.move!);
      const end = await store.transaction((tx) => this.#end(tx, call, id, { move: begun.move!, input }));
      ended = end !== undefined;
      if (end === undefined) continue;
      organization = end.organization;
      await notifier.publish({ kind: 'organizations', organizations: [revisionOf(organization)] });
    }
    const consistencyToken = encodeToken({
      epoch: await store.epoch(),
      organizations: [[id, organization.revision]],
    });
    return { ...begun, organization, membersMoved, consistencyToken };
  }

  /**
   * The first transaction of a change, and mostly the only one. Where members have to be moved, the role that goes stays until they are,
   * and inherits the one that takes its place: so nobody is without either meanwhile.
   */
  async #begin(tx: Transaction, call: Call, changing: Changing): Promise<Begun> {
    const { input, plan, strictRoles } = changing;
    const { organizationId: id, expectedVersion, validateOnly } = input;
    const before = (await tx.organizations.lock([id])).get(id)!;
    const present = before.version > 0 ? before : undefined;
    requireVersion(id, expectedVersion, { kind: 'organization', value: shownTo(changing.manager, present) });
    const change = plan(before);
    const whole = { ...organizationAfter(before, change), strictRoles: strictRoles ?? before.strictRoles };
    const goneNames = goneRoles(before.roles, whole.roles);
    const same = sameRoles(before.roles, whole.roles) && whole.strictRoles === before.strictRoles;
    const resumed = change.move !== undefined && isMoving(before, change.move);
    if (same && !resumed) return { organization: before, changed: false, backfillIds: [], gone: [], refusal: '' };
    // Once the revision is held, every role that was given by the organization as it was is committed. Who asks beforehand holds up nobody.
    if (!validateOnly) await tx.configuration.holdRevision();
    const { snapshot } = await confirmSnapshot(tx, this.#options.keeper);
    const gone = await usesOfRoles(before, goneNames, { manager: changing.manager, snapshot, reader: tx.members });
    const leavings = gone.map((use) => leavingOf(use, change, changing, snapshot));
    if (validateOnly) {
      const left = refusalsOf(before, leavings);
      const leaving = change.move === undefined ? [] : [leavingRole(change.move)];
      const strict = await strictRefusal(tx, before, { ...whole, roles: [...whole.roles, ...leaving] });
      const refusal = [left, strict].filter((one) => one !== '').join('. ');
      return { organization: before, changed: false, backfillIds: [], gone, refusal };
    }
    if (resumed) return { organization: before, changed: true, backfillIds: [], gone, refusal: '', move: change.move };
    for (const leaving of leavings) requireNothingHanging(before, leaving);
    const members = gone.find(({ role }) => role === change.move?.from)?.members ?? 0;
    const move = members === 0 ? undefined : change.move;
    const after = move === undefined ? whole : { ...whole, roles: [...whole.roles, leavingRole(move)] };
    const edit = editOf(before, after, { ...changing, change });
    const written = await writeOrganization(tx, call, edit, this.#options.keeper);
    return { ...written, changed: true, gone, refusal: '', ...(move !== undefined && { move }) };
  }

  /** The last transaction of a move: the role goes; undefined where somebody has been given it meanwhile. */
  async #end(
    tx: Transaction,
    call: Call,
    id: string,
    { move, input }: Ending,
  ): Promise<OrganizationWritten | undefined> {
    const before = (await tx.organizations.lock([id])).get(id)!;
    // Another call has ended it. Or has moved the other role itself on: then this one goes on to there.
    if (before.roles.find(({ name }) => name === move.from)?.movingTo === undefined)
      return { organization: before, backfillIds: [] };
    await tx.configuration.holdRevision();
    if ((await tx.members.holding(id, [move.from])).size > 0) return undefined;
    const after = { ...before, roles: before.roles.filter(({ name }) => name !== move.from) };
    const edit = { before, after, action: 'organization.role.moved', comment: input.comment };
    return writeOrganization(tx, call, edit, this.#options.keeper);
  }
}

interface Planned {
  readonly action: string;
  /** The change, by the organization as it is; throws what is wrong with it. */
  readonly plan: (before: OrganizationState) => RoleChange;
  readonly strictRoles?: boolean;
}

interface Changing extends Planned {
  readonly input: RoleChangeInput;
  /** Who manages it: '' the platform, else the organization. */
  readonly manager: string;
}

interface Begun extends OrganizationWritten, Pick<RolesChanged, 'gone' | 'refusal'> {
  readonly changed: boolean;
  /** Present where members are to be moved. */
  readonly move?: RoleMove | undefined;
}

interface Ending {
  readonly move: RoleMove;
  readonly input: RoleChangeInput;
}

function refusalsOf(before: OrganizationState, leavings: readonly Leaving[]): string {
  const refusals = leavings.flatMap((leaving) => {
    const left = leftHanging(before, leaving);
    return left.length === 0 ? [] : [refusalOf(leaving, left)];
  });
  return refusals.join('. ');
}

function editOf(
  before: OrganizationState,
  after: OrganizationState,
  { action, input, change }: Changing & { readonly change: RoleChange },
): OrganizationEdit {
  const rows = change.move === undefined ? undefined : movedRows(before.access, change.move);
  return { before, after, action, comment: input.comment, ...(rows !== undefined && { rows }) };
}

function leavingOf(
  use: RoleUse,
  { move }: RoleChange,
  { manager, input }: Pick<Changing, 'manager'> & { readonly input: Pick<RoleChangeInput, 'keepReferences'> },
  snapshot: Leaving['snapshot'],
): Leaving {
  const to = move?.from === use.role ? move.to : '';
  return { use, to, manager, keepReferences: input.keepReferences, snapshot };
}

/** An organization's own admins are not told of the attributes that the platform keeps of it. */
function shownTo(manager: string, organization: OrganizationState | undefined): OrganizationState | undefined {
  return organization === undefined || manager === '' ? organization : { ...organization, attributes: {} };
}

function revisionOf({ id, revision }: OrganizationState) {
  return { id, revision };
}

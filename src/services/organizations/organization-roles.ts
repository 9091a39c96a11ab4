import type { Call } from '../../calls/caller.js';
import { checkComment, requireComment, requireName } from '../../calls/check-input.js';
import { encodeToken } from '../../calls/consistency-token.js';
import { conflict, forbidden, invalidAt, notFound } from '../../calls/errors.js';
import { authorize, type Operation } from '../../calls/permissions.js';
import { requireVersion } from '../../calls/stale-version.js';
import { confirmSnapshot } from '../../configuration/confirm-snapshot.js';
import type { OrganizationState, RoleDefinition } from '../../core/states/organization-state.js';
import {
  goneRoles,
  movedRows,
  organizationAfter,
  type RoleChange,
  type RoleMove,
  removed,
  renamed,
  sameRoles,
  stillMoving,
} from '../../core/states/role-change.js';
import { faultOfRoles } from '../../core/states/role-definitions.js';
import { BUILT_IN_NAMES, isBuiltInRole, rolesOf } from '../../core/states/role-hierarchy.js';
import { quote } from '../../core/values/json.js';
import { didYouMean } from '../../core/values/nearest-name.js';
import type { HeldRole } from '../../store/member-store.js';
import type { Transaction } from '../../store/store.js';
import { administeredFor } from '../access/caller-reach.js';
import { type MoveOptions, moveMembers } from './move-members.js';
import { type OrganizationEdit, type OrganizationWritten, writeOrganization } from './organization-write.js';
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
    const fault = faultOfRoles(roles);
    if (fault !== undefined) throw invalidAt(`/roles${fault.pointer}`, fault.message);
    return this.#change(call, 'SetOrganizationRoles', input, {
      action: 'organization.roles.set',
      plan: (before) => ({ roles: stillMoving(roles, before.roles) }),
      ...(strictRoles === undefined ? {} : { strictRoles }),
    });
  }

  /** Gives a role another name, which its members, its rows and what inherits it have then as well. */
  async rename(call: Call, input: MoveRoleInput): Promise<RolesChanged> {
    const { role, to } = input;
    requireComment(input.comment, 'comment');
    requireName('role', to, '/to');
    return this.#change(call, 'RenameOrganizationRole', input, {
      action: 'organization.role.rename',
      plan: (before) => {
        requireOwnRole(before, { from: role, to });
        if (isMoving(before, { from: role, to })) return moving(before, { from: role, to });
        if (rolesOf(before).has(to)) {
          throw invalidAt(
            '/to',
            `the organization has a role ${quote(to)} already; remove ${quote(role)} with move_to ${quote(to)} to make one of the two`,
          );
        }
        return renamed(before.roles, { from: role, to });
      },
    });
  }

  /** Removes a role. Where it is in use it needs another role that takes its place. */
  async remove(call: Call, input: MoveRoleInput): Promise<RolesChanged> {
    const { role, to } = input;
    requireComment(input.comment, 'comment');
    if (to === role) throw invalidAt('/move_to', `the role ${quote(role)} cannot take its own place; name another one`);
    return this.#change(call, 'RemoveOrganizationRole', input, {
      action: 'organization.role.remove',
      plan: (before) => {
        requireOwnRole(before, { from: role, to });
        if (to !== '') requireRole(before, to, '/move_to');
        if (isMoving(before, { from: role, to })) return moving(before, { from: role, to });
        const change = removed(before.roles, { from: role, to });
        const fault = faultOfRoles(change.roles);
        if (to !== '' && fault !== undefined) throw invalidAt('/move_to', fault.message);
        return change;
      },
    });
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
    // Once the revision is held, every role that was given by the organization as it was is committed.
    await tx.configuration.holdRevision();
    const { snapshot } = await confirmSnapshot(tx, this.#options.keeper);
    const gone = await usesOfRoles(before, goneNames, { manager: changing.manager, snapshot, reader: tx.members });
    const leavings = gone.map((use) => leavingOf(use, change, changing, snapshot));
    if (validateOnly) {
      const refusal = leavings.flatMap((leaving) => {
        const left = leftHanging(before, leaving);
        return left.length === 0 ? [] : [refusalOf(leaving, left)];
      });
      return { organization: before, changed: false, backfillIds: [], gone, refusal: refusal.join('. ') };
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
    // Another call has ended it.
    if (!isMoving(before, move)) return { organization: before, backfillIds: [] };
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
  { manager, input }: Changing,
  snapshot: Leaving['snapshot'],
): Leaving {
  const to = move?.from === use.role ? move.to : '';
  return { use, to, manager, keepReferences: input.keepReferences, snapshot };
}

/** A role whose members are being moved: it inherits the one to which they are. */
function leavingRole({ from, to }: RoleMove): RoleDefinition {
  return { name: from, inherits: [to], movingTo: to };
}

function isMoving({ roles }: OrganizationState, { from, to }: RoleMove): boolean {
  return roles.some(({ name, movingTo }) => name === from && movingTo === to);
}

/** A move that goes on: its roles are as they were left. */
function moving({ roles }: OrganizationState, move: RoleMove): RoleChange {
  return { roles: roles.filter(({ name }) => name !== move.from), move };
}

/** An organization's own admins are not told of the attributes that the platform keeps of it. */
function shownTo(manager: string, organization: OrganizationState | undefined): OrganizationState | undefined {
  return organization === undefined || manager === '' ? organization : { ...organization, attributes: {} };
}

/** Rejects a role that the organization does not define itself, or whose members are on their way to another one. */
function requireOwnRole(organization: OrganizationState, { from: role, to }: RoleMove): void {
  if (isBuiltInRole(role)) {
    throw invalidAt(
      '/name',
      `the role ${quote(role)} is built in, as ${BUILT_IN_NAMES.join(', ')} are: it stays as it is`,
    );
  }
  const own = organization.roles.map(({ name }) => name);
  const { movingTo } = organization.roles.find(({ name }) => name === role) ?? {};
  if (movingTo !== undefined && movingTo !== to) {
    throw conflict(
      `members of the role ${quote(role)} are being moved to ${quote(movingTo)}; make that call again first`,
    );
  }
  if (own.includes(role)) return;
  const has = own.length === 0 ? 'it defines none' : `it defines ${own.join(', ')}`;
  throw notFound(
    `the organization ${quote(organization.id)} defines no role ${quote(role)}; ${has}${didYouMean(role, own)}`,
  );
}

function requireRole(organization: OrganizationState, role: string, pointer: string): void {
  const known = [...rolesOf(organization).keys()];
  if (known.includes(role)) {
    const other = organization.roles.find(({ name }) => name === role)?.movingTo;
    if (other === undefined) return;
    throw conflict(`members of the role ${quote(role)} are being moved to ${quote(other)}; name that one`);
  }
  throw invalidAt(
    pointer,
    `the organization ${quote(organization.id)} has no role ${quote(role)}; it has ${known.join(', ')}${didYouMean(role, known)}`,
  );
}

function revisionOf({ id, revision }: OrganizationState) {
  return { id, revision };
}

import { type Call, confinedTo, MAX_ROLES } from '../../calls/caller.js';
import { checkAttributes, requireJoinedAt, requireName, requireTimeZone } from '../../calls/check-input.js';
import { invalidAt, notFound } from '../../calls/errors.js';
import { authorize, isConfinedAdmin } from '../../calls/permissions.js';
import { recordAudit } from '../../calls/writes/record-audit.js';
import { rolesOf } from '../../core/states/role-hierarchy.js';
import { searchedValues } from '../../core/states/searched-attributes.js';
import { NO_ACTIONS, type UserState } from '../../core/states/user-state.js';
import type { Fault } from '../../core/values/fault.js';
import { isJsonObject, type JsonObject, type JsonValue, ownMember, quote } from '../../core/values/json.js';
import { didYouMean } from '../../core/values/nearest-name.js';
import type { Store, Transaction } from '../../store/store.js';
import {
  profileOf,
  type UserEditInput,
  type UserWriteOptions,
  type UserWritten,
  writeUser,
} from '../../unlocking/user-write.js';
import { requireDelegatedFields, requireOwnUser } from '../access/caller-reach.js';
import { requireDefinedRole } from '../access/defined-roles.js';
import { mayClaim } from '../access/expected-organization.js';
import { attributeWarnings } from './attribute-warnings.js';
import { correctionOfJoining, type JoiningCorrected, joiningWarnings } from './joining-warnings.js';

/** What is known of a user; what is left out stays as it is. */
export interface IdentifyInput {
  readonly userId: string;
  /** The user's organization; '' for none. */
  readonly organizationId?: string | undefined;
  /** All roles that the user has from now on. */
  readonly roles?: readonly string[] | undefined;
  /** When the user joined, in epoch milliseconds; null forgets it. */
  readonly joinedAt?: number | null | undefined;
  readonly emailVerified?: boolean | undefined;
  readonly attributes?: AttributeChange | undefined;
  /** The user's time zone; '' forgets it. */
  readonly timeZone?: string | undefined;
}

/** What a verified token says of a person. */
export interface Claims {
  readonly userId: string;
  /** The user's organization; undefined where the token does not say, which leaves it as it is. */
  readonly organizationId: string | undefined;
  readonly roles: readonly string[] | undefined;
  /** When the token was issued, in epoch milliseconds; undefined where it does not say. */
  readonly issuedAt: number | undefined;
}

export interface AttributeChange {
  /** Whether to drop the stored attributes first. */
  readonly replace: boolean;
  readonly set: JsonObject;
  readonly remove: readonly string[];
}

export interface UserIdentified extends UserWritten {
  /** Warnings of what is stored but probably not meant; pointers are within the input. */
  readonly warnings: readonly Fault[];
}

/** Who users are: organization, roles, joining, e-mail verification, attributes, time zone. */
export class UserService {
  readonly #options: UserWriteOptions;

  constructor(options: UserWriteOptions) {
    this.#options = options;
  }

  /** Everything stored about a user, read from the store; an empty state where nothing is stored. */
  async get(call: Call, userId: string): Promise<UserState> {
    authorize(call, 'GetUser');
    return readOwnUser(this.#options.store, call, userId);
  }

  /**
   * Stores what is known of a user and unlocks what follows from it. A caller that is bound to an organization makes its own users
   * known, and may be the first to say who somebody is of whom rows, grants and events have told already; one that only administers
   * it changes roles of present members.
   */
  async identify(call: Call, input: IdentifyInput): Promise<UserIdentified> {
    authorize(call, 'Identify');
    requireDelegatedFields(call, 'Identify', factsOf(input));
    checkIdentify(input);
    const timeZone = input.timeZone && requireTimeZone(input.timeZone, '/time_zone');
    const confined = confinedTo(call.caller);
    if (confined !== '' && input.organizationId !== undefined && input.organizationId !== confined) {
      throw notFound(`no organization ${quote(input.organizationId)}`);
    }
    const known = { ...input, timeZone, ...(confined === '' ? {} : { organizationId: confined }) };
    const membersOnly = isConfinedAdmin(call.caller, 'Identify');
    const warnings: Fault[] = [];
    let corrected: JoiningCorrected | undefined;
    const written = await writeUser(this.#options, input.userId, { type: 'identify' }, async (tx, edit) => {
      const { before, now } = edit;
      if (typeof input.joinedAt === 'number') requireJoinedAt(input.joinedAt, now);
      const own = confined === '' || before.organizationId === confined;
      if (!own && (membersOnly || !mayClaim(before, confined))) throw notFound(`no user ${quote(input.userId)}`);
      if (!own && before.revision > 0) await recordClaim(tx, call, now, { before, organizationId: confined });
      const after = identifiedAs(before, known);
      corrected = await correctionOfJoining(tx, { ...edit, after });
      return this.#store({ tx, ...edit }, after, { known, warnings });
    });
    // A caller that is bound to an organization is not told of the platform's rules.
    if (confined !== '' || call.caller.kind === 'person') return { ...written, warnings: [] };
    const ofAttributes = attributeWarnings(input.attributes?.set ?? {}, this.#options.keeper.snapshot);
    const ofJoining = corrected === undefined ? [] : joiningWarnings(corrected, written.user);
    return { ...written, warnings: [...warnings, ...ofAttributes, ...ofJoining] };
  }

  /**
   * Writes what a person's token says, unless a token that was issued later has been written, by whichever server. A token that
   * does not say when it was issued overwrites none that does.
   */
  async writeClaims({ issuedAt, ...claims }: Claims): Promise<void> {
    checkIdentify(claims);
    await writeUser(this.#options, claims.userId, { type: 'identify' }, async (tx, edit) => {
      const { before } = edit;
      const writtenAt = await tx.users.claimsAt(claims.userId);
      if (writtenAt !== undefined && !(issuedAt !== undefined && issuedAt >= writtenAt)) return undefined;
      if (issuedAt !== undefined && issuedAt !== writtenAt) await tx.users.putClaimsAt(claims.userId, issuedAt);
      return this.#store({ tx, ...edit }, identifiedAs(before, claims), { known: claims, warnings: [] });
    });
  }

  /** Writes what a producer of events says of a user into the attribute `traits`, where it cannot pass for anything else. */
  async setTraits(userId: string, traits: JsonObject): Promise<UserWritten> {
    const set = { traits };
    checkAttributes(set);
    return writeUser(this.#options, userId, { type: 'identify' }, (tx, edit) => {
      const { before } = edit;
      const stored = ownMember(before.attributes, 'traits');
      const merged = { traits: { ...(isJsonObject(stored) ? (stored as JsonObject) : {}), ...traits } };
      const after = profileAfter(before, { userId, attributes: { replace: false, set: merged, remove: [] } });
      // Who the user is has not been said by this.
      return this.#store({ tx, ...edit }, after);
    });
  }

  /** Stores a user's profile; `warnings` takes the warnings of what is given, and is emptied at each attempt. */
  async #store(
    { tx, before, now, snapshot }: UserEditInput & { readonly tx: Transaction },
    after: UserState,
    { known, warnings }: { readonly known?: IdentifyInput; readonly warnings: Fault[] } = { warnings: [] },
  ): Promise<UserState | undefined> {
    checkAttributes(after.attributes);
    const rolesChange = known?.roles !== undefined || known?.organizationId !== undefined;
    warnings.splice(0, warnings.length, ...(rolesChange ? await checkRoles(tx, after, known.roles ?? []) : []));
    if (before.revision > 0 && before.identified === after.identified && sameProfile(before, after)) return undefined;
    const { id, organizationId } = after;
    if (organizationId !== before.organizationId) await tx.users.putMembership(id, { organizationId, since: now });
    await tx.users.putProfiles([profileOf(after)]);
    const { searchAttributes } = snapshot;
    if (searchAttributes.length > 0) await tx.users.putSearched(id, foundBy(after, searchAttributes));
    return after;
  }
}

/** By what an administrator finds a user, besides the id. */
function foundBy({ organizationId, attributes }: UserState, paths: readonly string[]) {
  return { organizationId, values: searchedValues(attributes, paths) };
}

/** A user's state, read from the store. Rejects with NOT_FOUND a user whom the caller may not name. */
export async function readOwnUser({ states }: Pick<Store, 'states'>, call: Call, userId: string): Promise<UserState> {
  requireName('userId', userId, '/user_id');
  const state = (await states.users([userId], NO_ACTIONS)).get(userId)!;
  requireOwnUser(call, state);
  return state;
}

/** Records that an organization has taken somebody for its own of whom there was something already. */
function recordClaim(
  tx: Transaction,
  call: Call,
  now: number,
  { before, organizationId }: { readonly before: UserState; readonly organizationId: string },
): Promise<void> {
  const { id, revision, expectedOrganization = '' } = before;
  return recordAudit(tx, call, now, {
    ...{ action: 'user.claim', target: id, comment: '' },
    ...{ before: { revision, expectedOrganization }, after: { organizationId } },
  });
}

/**
 * The user as known after an identify: nobody else is expected to say who it is any more. But where an organization is, what does
 * not say whose user it is leaves that to the organization.
 */
function identifiedAs(before: UserState, input: IdentifyInput): UserState {
  const { expectedOrganization, ...after } = profileAfter(before, input);
  const leavesOpen = before.identified !== true && input.organizationId === undefined;
  if (leavesOpen && expectedOrganization !== undefined) return { ...after, expectedOrganization };
  return { ...after, identified: true };
}

/** What an input says that rules read as a fact of who the user is, roles aside; by the names of the protocol. */
function factsOf({ organizationId, joinedAt, emailVerified, attributes, timeZone }: IdentifyInput) {
  return {
    ...{ organization_id: organizationId, joined_at: joinedAt, email_verified: emailVerified },
    ...{ attributes, time_zone: timeZone },
  };
}

function profileAfter(before: UserState, input: IdentifyInput): UserState {
  const { joinedAt: stored, timeZone: storedZone, ...rest } = before;
  const joinedAt = input.joinedAt === undefined ? stored : (input.joinedAt ?? undefined);
  const timeZone = (input.timeZone ?? storedZone) || undefined;
  return {
    ...rest,
    organizationId: input.organizationId ?? before.organizationId,
    roles: input.roles ?? before.roles,
    ...(joinedAt === undefined ? {} : { joinedAt }),
    ...(timeZone === undefined ? {} : { timeZone }),
    emailVerified: input.emailVerified ?? before.emailVerified,
    attributes: input.attributes === undefined ? before.attributes : changed(before.attributes, input.attributes),
  };
}

function changed(attributes: JsonObject, { replace, set, remove }: AttributeChange): JsonObject {
  const entries = new Map<string, JsonValue>(replace ? [] : Object.entries(attributes));
  for (const key of remove) entries.delete(key);
  for (const [key, value] of Object.entries(set)) entries.set(key, value);
  return Object.fromEntries(entries);
}

function sameProfile(a: UserState, b: UserState): boolean {
  const key = ({ organizationId, roles, joinedAt, emailVerified, attributes, timeZone }: UserState): string =>
    JSON.stringify([organizationId, roles, joinedAt, emailVerified, attributes, timeZone]);
  return key(a) === key(b);
}

function checkIdentify({ userId, organizationId, roles }: IdentifyInput): void {
  requireName('userId', userId, '/user_id');
  if (organizationId) requireName('organizationId', organizationId, '/organization_id');
  for (const [i, role] of (roles ?? []).entries()) requireName('role', role, `/roles/${i}`);
  if (roles !== undefined && roles.length > MAX_ROLES) {
    throw invalidAt('/roles', `a user has at most ${MAX_ROLES} roles, not ${roles.length}`);
  }
}

/**
 * Rejects with INVALID a role that is neither built in nor defined, for a user of an organization with strict roles. In any other
 * organization, warns of a role that is not defined and that is spelt nearly like one that is.
 */
async function checkRoles(tx: Transaction, user: UserState, given: readonly string[]): Promise<readonly Fault[]> {
  const { organizationId, roles } = user;
  if (organizationId === '' || roles.length === 0) return [];
  const organization = (await tx.organizations.read([organizationId])).get(organizationId);
  for (const [i, role] of roles.entries()) requireDefinedRole(organization, role, `/roles/${i}`);
  const known = rolesOf(organization);
  return given.flatMap((role, i) => {
    const near = known.has(role) ? '' : didYouMean(role, known.keys());
    const message = `the organization ${quote(organizationId)} defines no role ${quote(role)}${near}`;
    return near === '' ? [] : [{ pointer: `/roles/${i}`, message }];
  });
}

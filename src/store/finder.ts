import type { RoleWithin } from '../core/sentences/uses.js';
import type { JsonObject } from '../core/values/json.js';
import type { Page, PageRequest } from './page.js';

/**
 * Finds users and organizations for those who administer them. A page may have fewer items than it was asked for, even none, where some
 * were passed over; the list goes on for as long as there is a `next`. So no call looks at more than a bounded number of rows.
 */
export interface Finder {
  /**
   * Organizations by id: those of which something is stored or counted, and those that users name alone. Not what a deletion leaves, nor
   * one that was only asked for.
   */
  organizations(request: OrganizationsRequest): Promise<Page<FoundOrganization>>;
  /**
   * Users of whom something is stored, each once. Where a text is given: those whose ids begin with it, by id, so that the one with that
   * very id comes first; then those of whom the first of the attributes begins with it once it is folded, by that value; then by the
   * next. Where none is: by id; with a role, in the order of all users, as members are listed; or where a flag is the only other filter, in the order in
   * which they first unlocked it.
   */
  users(request: UsersRequest): Promise<Page<FoundUser>>;
  /** Organizations that define a role, or that have access rows for it, by id; 100 a page at most. */
  organizationsWithRole(role: string, page: PageRequest): Promise<Page<RoleWithin>>;
}

/** All filters that are given apply. Left out, or '': any. */
export interface UsersRequest extends PageRequest {
  readonly text: string;
  /** The paths of the attributes that are looked through, after the ids. */
  readonly attributes: readonly string[];
  readonly organizationId: string;
  readonly role: string;
  readonly stage: string;
  readonly unlocked?: UnlockedFlag;
}

/** A flag of which somebody holds an unlock, or a grant. */
export interface UnlockedFlag {
  readonly flagId: string;
  /** By rule: unlocks under a version below it do not count. */
  readonly floors: ReadonlyMap<string, number>;
}

export interface FoundUser {
  readonly userId: string;
  readonly organizationId: string;
  readonly roles: readonly string[];
  readonly stage: string;
  /** Epoch milliseconds. */
  readonly stageEnteredAt?: number;
  readonly joinedAt?: number;
  readonly emailVerified: boolean;
  readonly attributes: JsonObject;
}

export interface OrganizationsRequest extends PageRequest {
  /** With what their ids begin, byte by byte; '' for all. */
  readonly prefix: string;
  /** Whether to count the members. At most 100 organizations a page then. */
  readonly countMembers: boolean;
}

/** Up to how many members of an organization are counted. */
export const MEMBERS_COUNTED = 1_000;

export interface FoundOrganization {
  readonly id: string;
  /** 0 where nobody has described it: users, rows or events name it. */
  readonly version: number;
  readonly strictRoles: boolean;
  /** How many roles it defines. */
  readonly ownRoles: number;
  /** Users who are in it, up to {@link MEMBERS_COUNTED}, where they were asked for. */
  readonly members?: number;
}

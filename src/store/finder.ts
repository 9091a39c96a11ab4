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

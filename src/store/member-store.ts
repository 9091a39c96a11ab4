import type { Page, PageRequest } from './page.js';

/** A role as some members of an organization were given it. */
export interface HeldRole {
  readonly role: string;
  /** How many members were given it themselves. */
  readonly members: number;
}

/** Whom an organization has, and with which roles. Every read goes by an index, and looks at the organization's members alone. */
export interface MemberReader {
  /** How many members were given each of these roles themselves; a role that nobody has is left out. */
  holding(organizationId: string, roles: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** The roles beside these that members were given, by name: `limit` at most. */
  holdingOthers(organizationId: string, roles: readonly string[], limit: number): Promise<readonly HeldRole[]>;
  /** The ids of members, of those alone who were given a role themselves where one is named, in the order of users. */
  list(organizationId: string, page: PageRequest, role?: string): Promise<Page<string>>;
}

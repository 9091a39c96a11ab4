import type { AccessRow } from '../flags/flag.js';
import type { JsonObject } from '../values/json.js';
import type { UserState } from './user-state.js';

/** A role that an organization defines, with the roles that it inherits directly. */
export interface RoleDefinition {
  readonly name: string;
  readonly inherits: readonly string[];
  /** The role to which those who have this one are being moved, after which it is gone. */
  readonly movingTo?: string;
}

/** What is stored about one organization that an evaluation can read. */
export interface OrganizationState {
  readonly id: string;
  /** Grows with every change; 0 for an organization of which nothing is stored. */
  readonly revision: number;
  /** Grows with each change of what it says of itself; 0 before the first. */
  readonly version: number;
  readonly attributes: JsonObject;
  /** The name of the time zone of users who have none of their own; absent where the deployment's is theirs. */
  readonly timeZone?: string;
  /** Whether an identify of a user of this organization is refused when it names a role that is not defined. */
  readonly strictRoles: boolean;
  /** The roles that the organization defines itself, besides the built-in ones. */
  readonly roles: readonly RoleDefinition[];
  /** The access rows of the organization and of roles within it, those that the platform manages and its own. */
  readonly access: readonly AccessRow[];
  /**
   * What the organization has done and earned as a whole, which its members read. Present only where the configuration has something
   * that reads it. With each change of it the organization's revision grows, too.
   */
  readonly earner?: UserState;
}

/** The state of an organization of which nothing is stored. */
export function unknownOrganization(id: string): OrganizationState {
  return { id, revision: 0, version: 0, attributes: {}, strictRoles: false, roles: [], access: [] };
}

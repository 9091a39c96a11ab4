import type { AccessRow } from '../flags/flag.js';
import type { JsonObject } from '../values/json.js';

/** A role that an organization defined, and the roles it inherits directly. */
export interface RoleDefinition {
  readonly name: string;
  readonly inherits: readonly string[];
}

/** What is stored about one organization that an evaluation can read. */
export interface OrganizationState {
  readonly id: string;
  /** Grows with every change; 0 for an organization of which nothing is stored. */
  readonly revision: number;
  readonly attributes: JsonObject;
  /** Refuse roles that nobody defined when a user of this organization is identified. */
  readonly strictRoles: boolean;
  /** The organization's own definitions; the built-in ones stand beside them unless named again. */
  readonly roles: readonly RoleDefinition[];
  /** Rows of the organization, and of roles within it: the platform's and its own (`managedBy`). */
  readonly access: readonly AccessRow[];
}

/** The state of an organization of which nothing is stored. */
export function unknownOrganization(id: string): OrganizationState {
  return { id, revision: 0, attributes: {}, strictRoles: false, roles: [], access: [] };
}

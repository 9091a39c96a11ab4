import type { AccessRow } from '../core/flags/flag.js';
import type { OrganizationState } from '../core/states/organization-state.js';
import type { ActionNames } from '../core/states/user-state.js';

/** Changes of organizations. Each needs the organization's lock. */
export interface OrganizationWriter {
  /** Reads states without locking, as this transaction sees them: one entry per id, as `StateReader` gives them. */
  read(ids: readonly string[], earnerDaysOf?: ActionNames): Promise<ReadonlyMap<string, OrganizationState>>;
  /**
   * Locks these organizations, by id, until the transaction ends; those of which nothing is stored get their row
   * (revision 0). Then reads their states, as of after the locks.
   */
  lock(ids: readonly string[]): Promise<ReadonlyMap<string, OrganizationState>>;
  /** Replaces attributes, time zone, strict roles, role definitions and their version. */
  put(
    organization: Pick<OrganizationState, 'id' | 'attributes' | 'timeZone' | 'strictRoles' | 'roles' | 'version'>,
  ): Promise<void>;
  /** Rows with an organization, with or without a role: inserts, or replaces effect and enabled by key. */
  putAccess(rows: readonly AccessRow[]): Promise<void>;
  /** Drops rows by key; true for each that was there. */
  dropAccess(rows: readonly AccessRow[]): Promise<readonly boolean[]>;
  /** Raises each organization's revision by one. */
  advance(ids: readonly string[]): Promise<void>;
}

import type { Finder } from '../../finder.js';
import type { Engine } from '../engine/sql.js';
import { findOrganizations } from './found-organizations.js';
import { findUsers } from './found-users.js';
import { organizationsWithRole } from './organizations-with-role.js';

export function finder({ read }: Engine): Finder {
  return {
    users: (request) => findUsers(read, request),
    organizations: (request) => findOrganizations(read, request),
    organizationsWithRole: (role, page) => organizationsWithRole(read, role, page),
  };
}

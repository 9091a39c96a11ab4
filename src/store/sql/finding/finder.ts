import type { Finder } from '../../finder.js';
import type { Engine } from '../engine/sql.js';
import { findOrganizations } from './found-organizations.js';
import { findUsers } from './found-users.js';

export function finder({ read }: Engine): Finder {
  return {
    users: (request) => findUsers(read, request),
    organizations: (request) => findOrganizations(read, request),
  };
}

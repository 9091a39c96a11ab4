import type { Finder } from '../../finder.js';
import type { Engine } from '../engine/sql.js';
import { findOrganizations } from './found-organizations.js';

export function finder({ read }: Engine): Finder {
  return {
    organizations: (request) => findOrganizations(read, request),
  };
}

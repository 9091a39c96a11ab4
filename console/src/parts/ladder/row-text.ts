import { words } from '../../words/ladder-words.js';
import { isolated } from '../isolated.js';

/** Whom an access row is for. */
export interface RowTarget {
  readonly user_id: string;
  readonly role: string;
  readonly organization_id: string;
}

/** Whom a row is for, in words: `role manager in acme`. */
export function rowText({ user_id, role, organization_id }: RowTarget): string {
  const { row } = words.ladder;
  if (user_id !== '') return row.user(isolated(user_id));
  if (role === '') return row.organization(isolated(organization_id));
  return organization_id === '' ? row.role(isolated(role)) : row.roleIn(isolated(role), isolated(organization_id));
}

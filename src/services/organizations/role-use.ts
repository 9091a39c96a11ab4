import { conflict } from '../../calls/errors.js';
import type { AccessRow } from '../../core/flags/flag.js';
import { namesToo, type RoleReference, roleReferences } from '../../core/snapshot/role-references.js';
import type { Snapshot } from '../../core/snapshot/snapshot.js';
import type { OrganizationState } from '../../core/states/organization-state.js';
import { quote } from '../../core/values/json.js';
import type { MemberReader } from '../../store/member-store.js';

/** What there is of a role within an organization, as the one who asks may see it. */
export interface RoleUse {
  readonly role: string;
  /** How many members were given it themselves. */
  readonly members: number;
  /** The other roles that inherit it directly. */
  readonly inheritedBy: readonly string[];
  /** The rows for the role within the organization: all that the platform sees, and an organization its own alone. */
  readonly rows: readonly AccessRow[];
  /** What of the platform's names a role of that name in whichever organization; an organization is told their number alone. */
  readonly references: readonly RoleReference[];
  /** How many rows and references are not shown. */
  readonly hidden: number;
}

/** Who asks: '' the platform, else the organization. */
interface Asking {
  readonly manager: string;
  readonly snapshot: Snapshot;
  readonly members: number;
}

/** The use of one role. */
function useOfRole(organization: OrganizationState, role: string, { manager, snapshot, members }: Asking): RoleUse {
  const rows = organization.access.filter((row) => row.role === role);
  const references = roleReferences(snapshot, role);
  const shown = rows.filter(({ managedBy }) => manager === '' || managedBy === manager);
  return {
    role,
    members,
    inheritedBy: organization.roles.filter(({ inherits }) => inherits.includes(role)).map(({ name }) => name),
    rows: shown,
    references: manager === '' ? references : [],
    hidden: rows.length - shown.length + (manager === '' ? 0 : references.length),
  };
}

/** How many members have each of these roles, and what else there is of them. */
export async function usesOfRoles(
  organization: OrganizationState,
  roles: readonly string[],
  { reader, ...asking }: Omit<Asking, 'members'> & { readonly reader: MemberReader },
): Promise<readonly RoleUse[]> {
  const held = await reader.holding(organization.id, roles);
  return roles.map((role) => useOfRole(organization, role, { ...asking, members: held.get(role) ?? 0 }));
}

/** That a role is to go. */
export interface Leaving {
  readonly use: RoleUse;
  /** The role that takes its place; '' for none. */
  readonly to: string;
  /** For whom it is changed: '' the platform, else the organization. */
  readonly manager: string;
  /** Whether what of the platform's names the role may go on doing so. */
  readonly keepReferences: boolean;
  readonly snapshot: Snapshot;
}

/** What would be left hanging if a role went, in words; nothing where nothing would. */
export function leftHanging(organization: OrganizationState, leaving: Leaving): readonly string[] {
  const { use, to, manager, keepReferences, snapshot } = leaving;
  const { role, members, inheritedBy } = use;
  const left: string[] = [];
  if (to === '') {
    if (members > 0) left.push(`${members} member${members === 1 ? ' has' : 's have'} it`);
    if (inheritedBy.length > 0)
      left.push(`${told(inheritedBy.map(quote))} inherit${inheritedBy.length === 1 ? 's' : ''} it`);
  }
  const rows = organization.access.filter((row) => row.role === role);
  const fixed = to === '' ? rows : rows.filter(({ managedBy }) => manager !== '' && managedBy !== manager);
  if (fixed.length > 0) left.push(rowsInWords(fixed, snapshot, manager));
  const references = roleReferences(snapshot, role).filter(
    (reference) => !keepReferences && (to === '' || !namesToo(snapshot, reference, to)),
  );
  if (references.length > 0) left.push(referencesInWords(references, manager));
  return left;
}

/** Rejects with CONFLICT the end of a role that would leave something hanging. */
export function requireNothingHanging(organization: OrganizationState, leaving: Leaving): void {
  const left = leftHanging(organization, leaving);
  if (left.length > 0) throw conflict(refusalOf(leaving, left));
}

/** Why a role cannot go, and what to do. */
export function refusalOf({ use: { role }, to, manager, snapshot }: Leaving, left: readonly string[]): string {
  const help =
    to === ''
      ? 'Choose the role that takes its place (move_to)'
      : `Have what is the platform's name ${quote(to)} as well`;
  const keep =
    manager === '' && roleReferences(snapshot, role).length > 0
      ? ', or leave rules, segments and rows for every organization as they are (keep_platform_references)'
      : '';
  return `the role ${quote(role)} is in use: ${left.join('; ')}. ${help}${keep}`;
}

function rowsInWords(rows: readonly AccessRow[], { flagsById }: Snapshot, manager: string): string {
  const shown = rows.filter(({ managedBy }) => manager === '' || managedBy === manager);
  const keys = [...new Set(shown.map(({ flagId }) => quote(flagsById.get(flagId)?.flag.key ?? flagId)))].toSorted();
  const hidden = rows.length - shown.length;
  return [
    ...(shown.length === 0 ? [] : [`access rows of ${told(keys)} are for it`]),
    ...(hidden === 0
      ? []
      : [`${hidden} access row${hidden === 1 ? '' : 's'} of the platform's ${hidden === 1 ? 'is' : 'are'} for it`]),
  ].join('; ');
}

function referencesInWords(references: readonly RoleReference[], manager: string): string {
  const count = references.length;
  if (manager !== '') return `${count} rule${count === 1 ? '' : 's'}, segments or rows of the platform's name it`;
  return `${told(references.map(inWords))} name${count === 1 ? 's' : ''} a role of that name`;
}

function inWords(reference: RoleReference): string {
  switch (reference.kind) {
    case 'row':
      return `a row of ${quote(reference.flagKey)} for every organization`;
    case 'rule':
      return `the rule ${quote(reference.ruleName || reference.ruleId)} of ${quote(reference.flagKey)}`;
    case 'segment':
      return `the segment ${quote(reference.segmentKey)}`;
  }
}

const MOST_TOLD = 10;

function told(names: readonly string[]): string {
  const more = names.length > MOST_TOLD ? ` and ${names.length - MOST_TOLD} more` : '';
  return `${names.slice(0, MOST_TOLD).join(', ')}${more}`;
}

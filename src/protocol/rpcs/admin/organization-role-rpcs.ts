import type { RoleReference } from '../../../core/snapshot/role-references.js';
import type { Snapshot } from '../../../core/snapshot/snapshot.js';
import { isBuiltInRole, roleLevels, rolesOf } from '../../../core/states/role-hierarchy.js';
import type { RolesChanged, RolesOfOrganization } from '../../../services/organizations/organization-roles.js';
import type { RoleUse } from '../../../services/organizations/role-use.js';
import type { ServiceSet } from '../../../services/service-set.js';
import {
  type OrganizationRoles,
  type OrganizationRolesChanged,
  RoleReference_Kind as ReferenceKind,
  type RoleReference as ReferenceMessage,
  type RoleUse as UseMessage,
} from '../../gen/latchkey/v1/organization_roles.js';
import { accessMessage } from '../../messages/access-row.js';
import { organizationMessage } from '../../messages/configuration-messages.js';
import { instant } from '../../messages/fields.js';
import { Paging } from '../../messages/paging.js';
import type { AdminRpcs } from './admin-rpcs.js';
import { roleInputs } from './organization-rpcs.js';

/** The roles of organizations, and who has them. */
export function organizationRoleRpcs({
  organizationRoles,
  organizationMembers,
  keeper,
}: Pick<ServiceSet, 'organizationRoles' | 'organizationMembers' | 'keeper'>): AdminRpcs<
  | 'getOrganizationRoles'
  | 'setOrganizationRoles'
  | 'renameOrganizationRole'
  | 'removeOrganizationRole'
  | 'listOrganizationMembers'
> {
  const changed = (change: RolesChanged) => ({ change: changeMessage(change, keeper.snapshot) });
  return {
    getOrganizationRoles: {
      async handle({ id }, call) {
        return { organization: rolesMessage(await organizationRoles.get(call, id), keeper.snapshot) };
      },
    },
    setOrganizationRoles: {
      async handle({ id, roles, keepPlatformReferences, ...rest }, call) {
        const input = { ...rest, organizationId: id, keepReferences: keepPlatformReferences, roles: roleInputs(roles) };
        return changed(await organizationRoles.set(call, input));
      },
    },
    renameOrganizationRole: {
      async handle({ id, name, keepPlatformReferences, ...rest }, call) {
        const input = { ...rest, organizationId: id, keepReferences: keepPlatformReferences, role: name };
        return changed(await organizationRoles.rename(call, input));
      },
    },
    removeOrganizationRole: {
      async handle({ id, name, moveTo, keepPlatformReferences, ...rest }, call) {
        const input = { ...rest, organizationId: id, keepReferences: keepPlatformReferences, role: name, to: moveTo };
        return changed(await organizationRoles.remove(call, input));
      },
    },
    listOrganizationMembers: {
      async handle(request, call) {
        const paging = new Paging('ListOrganizationMembers', request);
        const { items, next } = await organizationMembers.list(call, request.id, paging.page, request.role);
        const members = items.map(({ id, roles, inheritedRoles, stage, joinedAt }) => {
          const joined = { joinedAt: instant(joinedAt) };
          return { userId: id, roles: [...roles], inheritedRoles: [...inheritedRoles], stage, ...joined };
        });
        return { members, nextPageToken: paging.tokenOf(next) };
      },
    },
  };
}

function rolesMessage(
  { organization, uses, undefinedRoles }: RolesOfOrganization,
  snapshot: Snapshot,
): OrganizationRoles {
  const { id, version, strictRoles } = organization;
  const known = rolesOf(organization);
  const roles = uses.map((use) => {
    const { role: name } = use;
    const { movingTo = '' } = organization.roles.find((role) => role.name === name) ?? {};
    return {
      name,
      inherits: [...(known.get(name) ?? [])],
      inheritsAll: roleLevels([name], known).slice(1).flat(),
      builtIn: isBuiltInRole(name),
      movingTo,
      use: useMessage(use, snapshot),
    };
  });
  return { id, version, strictRoles, roles, undefinedRoles: [...undefinedRoles] };
}

function changeMessage(change: RolesChanged, snapshot: Snapshot): OrganizationRolesChanged {
  const { organization, gone, backfillIds, refusal, membersMoved, consistencyToken } = change;
  const { id, version, strictRoles, roles } = organizationMessage(organization);
  return {
    organization: { id, version, strictRoles: strictRoles ?? false, roles },
    gone: gone.map((use) => useMessage(use, snapshot)),
    ...{ refusal, membersMoved, consistencyToken, backfillIds: [...backfillIds] },
  };
}

/** How many rows, and how many references, are shown of a role. */
const MOST_SHOWN = 100;

function useMessage(use: RoleUse, { flagsById }: Snapshot): UseMessage {
  const { role, members, inheritedBy } = use;
  const rows = use.rows.slice(0, MOST_SHOWN);
  const references = use.references.slice(0, MOST_SHOWN);
  return {
    ...{ role, members, inheritedBy: [...inheritedBy] },
    rows: rows.map((row) => ({
      flagKey: flagsById.get(row.flagId)?.flag.key ?? row.flagId,
      row: accessMessage(row),
    })),
    references: references.map(referenceMessage),
    hidden: use.hidden + use.rows.length - rows.length + use.references.length - references.length,
  };
}

const NO_REFERENCE: ReferenceMessage = {
  kind: ReferenceKind.KIND_UNSPECIFIED,
  ...{ flagKey: '', ruleId: '', ruleName: '', segmentKey: '' },
};

const KINDS = {
  row: ReferenceKind.KIND_ROW,
  rule: ReferenceKind.KIND_RULE,
  segment: ReferenceKind.KIND_SEGMENT,
} as const;

function referenceMessage({ kind, ...names }: RoleReference): ReferenceMessage {
  return { ...NO_REFERENCE, ...names, kind: KINDS[kind] };
}

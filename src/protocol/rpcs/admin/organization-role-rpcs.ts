import { invalidAt } from '../../../calls/errors.js';
import type { OrganizationFlag } from '../../../core/explaining/organization-flag.js';
import type { RoleReference } from '../../../core/snapshot/role-references.js';
import type { Snapshot } from '../../../core/snapshot/snapshot.js';
import { isBuiltInRole, roleLevels, rolesOf } from '../../../core/states/role-hierarchy.js';
import type { RolesChanged, RolesOfOrganization } from '../../../services/organizations/organization-roles.js';
import type { RoleDraft } from '../../../services/organizations/role-plans.js';
import type { RoleUse } from '../../../services/organizations/role-use.js';
import type { PreviewEvent } from '../../../services/previewing/preview-event.js';
import type { RolePreviewResult } from '../../../services/previewing/role-preview.js';
import type { ServiceSet } from '../../../services/service-set.js';
import type { OrganizationFlag as FlagMessage } from '../../gen/latchkey/v1/organization_flags.js';
import {
  type OrganizationRoles,
  type PreviewOrganizationRolesRequest,
  type PreviewOrganizationRolesResponse,
  RoleReference_Kind as ReferenceKind,
  type RoleReference as ReferenceMessage,
  type SetOrganizationRolesResponse,
  type RoleUse as UseMessage,
} from '../../gen/latchkey/v1/organization_roles.js';
import { accessMessage } from '../../messages/access-row.js';
import { organizationMessage } from '../../messages/configuration-messages.js';
import { valuelessDecision } from '../../messages/explanation-message.js';
import { instant } from '../../messages/fields.js';
import { Paging } from '../../messages/paging.js';
import type { AdminRpcs } from './admin-rpcs.js';
import { roleInputs } from './organization-rpcs.js';

type Services = Pick<
  ServiceSet,
  'organizationRoles' | 'organizationFlags' | 'organizationMembers' | 'rolePreview' | 'keeper'
>;

/** The roles of organizations, who has them, and what is delegated. */
export function organizationRoleRpcs({
  organizationRoles,
  organizationFlags,
  organizationMembers,
  rolePreview,
  keeper,
}: Services): AdminRpcs<
  | 'getOrganizationRoles'
  | 'setOrganizationRoles'
  | 'previewOrganizationRoles'
  | 'renameOrganizationRole'
  | 'removeOrganizationRole'
  | 'listOrganizationFlags'
  | 'listOrganizationMembers'
> {
  const changed = (change: RolesChanged) => changeMessage(change, keeper.snapshot);
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
    previewOrganizationRoles: {
      begin: ({ id, sampleSize, ...request }, call, out) =>
        rolePreview.preview(
          call,
          { organizationId: id, draft: draftOf(request), sampleSize },
          { write: (event) => out.write(previewMessage(event)), end: (failure) => out.end(failure) },
        ),
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
    listOrganizationFlags: {
      async handle(request, call) {
        const paging = new Paging('ListOrganizationFlags', request);
        const { items, next } = await organizationFlags.list(call, request.id, paging.page);
        return { flags: items.map(flagMessage), nextPageToken: paging.tokenOf(next) };
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

function flagMessage({ verdicts, ownRows, platformRows, ...flag }: OrganizationFlag): FlagMessage {
  return {
    ...flag,
    verdicts: verdicts.map(({ role, platform, result }) => ({
      ...{ role, platform: valuelessDecision(platform), result: valuelessDecision(result) },
    })),
    ownRows: ownRows.map(accessMessage),
    platformRows: platformRows.map(accessMessage),
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

function changeMessage(change: RolesChanged, snapshot: Snapshot): SetOrganizationRolesResponse {
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

function draftOf({
  roles,
  rename,
  to,
  remove,
  moveTo,
}: Omit<PreviewOrganizationRolesRequest, 'id' | 'sampleSize'>): RoleDraft {
  if (rename !== '' && (remove !== '' || roles.length > 0)) {
    throw invalidAt('/rename', 'rename, remove and roles are three changes; give one of them');
  }
  if (remove !== '' && roles.length > 0)
    throw invalidAt('/remove', 'remove and roles are two changes; give one of them');
  if (rename !== '') return { kind: 'rename', role: rename, to };
  if (remove !== '') return { kind: 'remove', role: remove, to: moveTo };
  return { kind: 'set', roles: roleInputs(roles) };
}

function previewMessage(event: PreviewEvent<RolePreviewResult>): PreviewOrganizationRolesResponse {
  if (event.type === 'progress') {
    const { done, total } = event.progress;
    return { event: { $case: 'progress', value: { done, total } } };
  }
  const { flags, samples, asOf, ...counts } = event.result;
  const value = {
    ...counts,
    flags: [...flags],
    samples: samples.map(({ userId, rolesBefore, rolesAfter, gained, lost }) => {
      return {
        userId,
        rolesBefore: [...rolesBefore],
        rolesAfter: [...rolesAfter],
        gained: [...gained],
        lost: [...lost],
      };
    }),
    asOf: instant(asOf),
  };
  return { event: { $case: 'result', value } };
}

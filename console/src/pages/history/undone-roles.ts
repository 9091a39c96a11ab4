import { useMemo } from 'react';
import type { AuditEntry, RoleDefinitionInput } from '../../../../src/protocol/gen/admin-json.js';
import { useMay, useSession } from '../../parts/page/session-context.js';
import { type RolePreview, useRolePreview } from '../../parts/preview/role-consequences.js';

/** What undoing an entry of an organization's roles comes to for its members; undefined where it changes no roles, and for whoever may not ask. */
export function useUndoingRoles(entry: AuditEntry): RolePreview | undefined {
  const mayPreview = useMay('PreviewOrganizationRoles');
  const { caller } = useSession();
  const isWhole = entry.action === 'organization.set' && caller.organization_id === '';
  const roles = useMemo(() => formerOf(entry), [entry]);
  const change = mayPreview && roles !== undefined ? { roles: [...roles] } : undefined;
  const preview = useRolePreview(entry.target, Number(entry.id), change);
  // It tells what becomes of roles that are set alone. The platform undoes what was said of the organization as a whole, which is not refused
  // while somebody has a role that goes.
  const isOfAnother = isWhole && (preview.result?.refusal ?? '') !== '';
  return change === undefined || isOfAnother ? undefined : preview;
}

/** Whether an entry of an organization changed nothing by which its members have flags but roles; whoever is not told of the rest cannot tell. */
export function changesRolesAlone({ action, before, after }: AuditEntry): boolean {
  if (action === 'organization.roles.set') return true;
  const [was, is] = [before, after].map((state) => state as Logged | null | undefined);
  return was?.attributes !== undefined && restOf(was) === restOf(is);
}

function restOf(state: Logged | null | undefined): string {
  return JSON.stringify([state?.attributes, state?.timeZone]);
}

/** The roles as they were before the entry, where it changed them. */
function formerOf({ action, before, after }: AuditEntry): readonly RoleDefinitionInput[] | undefined {
  if (action !== 'organization.set' && action !== 'organization.roles.set') return undefined;
  const [was, is] = [before, after].map((state) => (state as Logged | null | undefined)?.roles?.map(ownPart));
  if (was === undefined || JSON.stringify(was) === JSON.stringify(is)) return undefined;
  return was;
}

function ownPart({ name, inherits }: LoggedRole): RoleDefinitionInput {
  return { name, inherits: [...inherits] };
}

/** What an entry holds of an organization before it, and after. */
interface Logged {
  readonly roles?: readonly LoggedRole[];
  readonly attributes?: unknown;
  readonly timeZone?: string;
}

interface LoggedRole {
  readonly name: string;
  readonly inherits: readonly string[];
}

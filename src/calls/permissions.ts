import type { Scope } from '../store/token-store.js';
import { type Call, type Caller, isVisitor, type Machine, type Operator, overridesOf, type Person } from './caller.js';
import { forbidden, invalid, LatchkeyError } from './errors.js';

/**
 * What people may do with an operation; who administers the platform may do whatever anybody may, for anybody.
 *
 * - `none`: nothing, it is for machines.
 * - `self`: on their own account.
 * - `members`: on their own account; who administers an organization, at the administration, on its members'.
 * - `organization`: who administers an organization, for that organization and its members.
 * - `platform`: nothing, but for who administers the platform.
 */
export type PersonRule = 'none' | 'self' | 'members' | 'organization' | 'platform';

export interface Permission {
  /** Any one of these; `admin` includes them all. */
  readonly scopes: readonly Scope[];
  /** Whether a token that is bound to an organization may call it, for that organization. */
  readonly bound: boolean;
  /** A token that is bound to an organization and has the scope `manage` may call what an organization's administrators may. */
  readonly person: PersonRule;
}

const machine = (...scopes: Scope[]): Permission => ({ scopes, bound: true, person: 'none' });
const platform = (...scopes: Scope[]): Permission => ({ scopes, bound: false, person: 'platform' });
const members = (...scopes: Scope[]): Permission => ({ scopes, bound: true, person: 'members' });
const organization = (...scopes: Scope[]): Permission => ({ scopes, bound: true, person: 'organization' });

/** Every operation and who may call it; the table of `docs/security.md` says the same, and a test holds them together. */
export const PERMISSIONS = {
  Evaluate: machine('evaluate'),
  BatchEvaluate: machine('evaluate'),
  EvaluateStream: machine('evaluate'),
  ListFlagsForUser: { scopes: ['evaluate'], bound: true, person: 'self' },
  GetRequirements: members('evaluate'),
  Track: { scopes: ['track'], bound: true, person: 'self' },
  Identify: organization('identify'),
  GetProgress: members('identify', 'evaluate'),
  UpdateProgress: members('identify'),
  Watch: members('evaluate'),
  SetFlag: organization('manage'),
  GetFlag: platform('manage'),
  ListFlags: platform('manage'),
  ListAccess: organization('manage'),
  PreviewRule: platform('manage'),
  ExplainFlag: organization('manage'),
  ListUserFlags: organization('manage'),
  TryFlag: organization('manage'),
  SetSegment: platform('manage'),
  GetSegment: platform('manage'),
  ListSegments: platform('manage'),
  DeleteSegment: platform('manage'),
  CheckConditions: platform('manage'),
  GetVocabulary: platform('manage'),
  GetReferences: platform('manage'),
  SetStages: platform('manage'),
  ListStages: platform('manage'),
  GetFunnel: organization('manage'),
  ListFunnels: platform('manage'),
  GetStage: organization('manage'),
  ListStuckUsers: organization('manage'),
  DeclareActions: platform('manage'),
  ListActions: platform('manage'),
  GetAction: platform('manage'),
  DeleteAction: platform('manage'),
  SetOrganization: organization('identify'),
  GetOrganization: organization('identify'),
  ListOrganizations: organization('identify', 'manage'),
  ListUsers: organization('identify', 'manage'),
  Search: organization('identify', 'manage'),
  DeleteOrganization: platform('manage'),
  GetOrganizationRoles: organization('manage'),
  SetOrganizationRoles: organization('manage'),
  PreviewOrganizationRoles: organization('manage'),
  RenameOrganizationRole: organization('manage'),
  RemoveOrganizationRole: organization('manage'),
  ListOrganizationFlags: organization('manage'),
  ListOrganizationMembers: organization('manage'),
  GetUser: organization('identify'),
  ListUnlocks: organization('identify'),
  ListFlagUnlocks: platform('identify'),
  GrantUnlock: platform('manage'),
  RevokeUnlock: platform('manage'),
  RearmUnlock: platform('manage'),
  CorrectTotal: platform('manage'),
  GetBackfill: platform('manage'),
  WatchBackfill: platform('manage'),
  ListBackfills: platform('manage'),
  CancelBackfill: platform('manage'),
  StartBackfill: platform('manage'),
  DeleteUser: platform('manage'),
  GetDeletedTotals: platform('manage'),
  CreateToken: platform('admin'),
  ListTokens: platform('admin'),
  RevokeToken: platform('admin'),
  ListDeadLetters: platform('admin'),
  ReplayDeadLetters: platform('admin'),
  DiscardDeadLetters: platform('admin'),
  ListAudit: platform('admin'),
  ExportAudit: platform('admin'),
  WatchAdmin: organization('manage'),
  ListOrganizationAudit: organization('manage'),
  GetAuditEntry: organization('manage'),
  UndoAuditEntry: organization('manage'),
  ListVersions: organization('manage'),
  GetVersion: organization('manage'),
  DiffVersions: organization('manage'),
  RestoreVersion: organization('manage'),
  CreateWebhook: platform('admin'),
  UpdateWebhook: platform('admin'),
  ListWebhooks: platform('admin'),
  DeleteWebhook: platform('admin'),
  RotateWebhookSecret: platform('admin'),
  PingWebhook: platform('admin'),
  ListDeliveries: platform('admin'),
  ReplayDeliveries: platform('admin'),
  GetHealth: platform('manage'),
  GetOverview: platform('manage'),
  ReadMetrics: platform('manage'),
} as const satisfies Record<string, Permission>;

export type Operation = keyof typeof PERMISSIONS;

/** The one operation that visitors may call. */
const VISITORS_OPERATION: Operation = 'ListFlagsForUser';

/** RPCs that are the same operation as another one. */
const OPERATIONS_OF_RPCS: Readonly<Record<string, Operation>> = { ListRequirements: 'GetRequirements' };

/** Operations that tell decisions, and not those that a call has made itself. */
const DECIDES_AS_IT_IS: ReadonlySet<Operation> = new Set([
  'GetRequirements',
  'ExplainFlag',
  'ListUserFlags',
  'TryFlag',
  'PreviewRule',
  'Watch',
]);

/**
 * Rejects with FORBIDDEN a caller of the wrong kind or scope; whose data it is, the use case checks. INVALID for a call that overrides
 * decisions where they are told as they are.
 */
export function authorize({ caller }: Pick<Call, 'caller'>, operation: Operation): void {
  if (overridesOf(caller) !== undefined && DECIDES_AS_IT_IS.has(operation)) {
    throw invalid(`${operation} tells decisions as they are, and takes no overrides; leave them out`);
  }
  const permission: Permission = PERMISSIONS[operation];
  if (caller.kind === 'machine') {
    if (!hasScope(caller, permission.scopes) && !managesOrganization(caller, permission)) {
      throw forbidden(`${operation} needs a token with the scope ${permission.scopes.join(' or ')}; this one lacks it`);
    }
    if (caller.organizationId !== '' && !permission.bound) {
      throw forbidden(`${operation} is for the platform; this token is bound to an organization`);
    }
    return;
  }
  if (isVisitor(caller)) {
    if (operation === VISITORS_OPERATION) return;
    throw forbidden(`${operation} is not for visitors: sign in`);
  }
  if (permission.person === 'none') throw forbidden(`${operation} is for machine tokens, not for people`);
  if (caller.kind === 'operator') {
    if (caller.organizationId !== '' && !isDelegated(permission)) throw forbidden(forAdministrators(operation));
    return;
  }
  if (caller.platformAdmin || permission.person === 'self' || permission.person === 'members') return;
  if (permission.person === 'platform' || !isOrganizationAdmin(caller)) throw forbidden(forAdministrators(operation));
}

/** Whether a caller is of the kind, and has the scope, for an operation. */
export function mayCall(call: Pick<Call, 'caller'>, operation: Operation): boolean {
  try {
    authorize(call, operation);
    return true;
  } catch (error) {
    if (error instanceof LatchkeyError && error.code === 'FORBIDDEN') return false;
    throw error;
  }
}

/**
 * As whom somebody calls the administration: people who administer the platform, or an organization where the operation is open to
 * those, as operators; machines as they are. Rejects everybody else with FORBIDDEN, their own account included.
 */
export function atTheAdministration(caller: Caller, rpc: string): Caller {
  const operator = asOperator(caller);
  if (operator !== undefined && operator.kind === 'machine') return operator;
  if (operator?.organizationId === '') return operator;
  const permission: Permission | undefined = PERMISSIONS[OPERATIONS_OF_RPCS[rpc] ?? (rpc as Operation)];
  const delegated = permission !== undefined && isDelegated(permission);
  if (operator === undefined || !delegated) throw forbidden(forAdministrators(rpc, delegated));
  return operator;
}

/** As whom somebody administers anything: machines as they are; undefined for people who do not. */
export function asOperator(caller: Caller): Machine | Operator | undefined {
  if (caller.kind !== 'person') return caller;
  if (caller.platformAdmin) return operatorOf(caller, '');
  return isOrganizationAdmin(caller) ? operatorOf(caller, caller.organizationId) : undefined;
}

/** Operations that the administration has no route for. */
export const ELSEWHERE: ReadonlySet<Operation> = new Set([
  ...(['Evaluate', 'BatchEvaluate', 'EvaluateStream', 'ListFlagsForUser', 'Track', 'ReadMetrics'] as const),
]);

/** The operations of the administration that a caller may call, for whomever they reach. */
export function operationsOf(caller: Machine | Operator): readonly Operation[] {
  return (Object.keys(PERMISSIONS) as Operation[]).filter((operation) => {
    return !ELSEWHERE.has(operation) && mayCall({ caller }, operation);
  });
}

/**
 * Whether a person administers the organization that their verified token names: by the very role `admin` in the same token, and
 * by nothing that is stored, inherited, or defined by an organization.
 */
export function isOrganizationAdmin({ organizationId, roles }: Person): boolean {
  return organizationId !== '' && roles?.includes('admin') === true;
}

/**
 * Whether a caller has an operation only since they administer an organization, and not by a scope of their own. They change what
 * is delegated to the organization, and no facts from which its members would earn something.
 */
export function isConfinedAdmin(caller: Caller, operation: Operation): boolean {
  const permission: Permission = PERMISSIONS[operation];
  if (caller.kind === 'machine') return caller.organizationId !== '' && !hasScope(caller, permission.scopes);
  return caller.kind === 'operator' && caller.organizationId !== '';
}

function isDelegated({ person }: Permission): boolean {
  return person === 'members' || person === 'organization';
}

function managesOrganization({ organizationId, scopes }: Machine, permission: Permission): boolean {
  return organizationId !== '' && scopes.has('manage') && isDelegated(permission);
}

function operatorOf({ userId, expiresAt }: Person, organizationId: string): Operator {
  return { kind: 'operator', userId, organizationId, ...(expiresAt === undefined ? {} : { expiresAt }) };
}

function forAdministrators(operation: string, delegated = isDelegated(PERMISSIONS[operation as Operation])): string {
  const others = delegated ? ', and for an organization’s admins by their verified token; other roles' : '; roles';
  return `${operation} is for platform administrators${others} do not confer it`;
}

function hasScope(caller: Machine, scopes: readonly Scope[]): boolean {
  return caller.scopes.has('admin') || scopes.some((scope) => caller.scopes.has(scope));
}

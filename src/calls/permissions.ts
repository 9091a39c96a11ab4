import type { Scope } from '../store/token-store.js';
import type { Call, Caller, Operator, Person } from './caller.js';
import { forbidden } from './errors.js';

/** What people may do with an operation. `self`: on their own account; who administers the platform, on anybody's. */
export type PersonRule = 'none' | 'self' | 'platform' | 'organization';

export interface Permission {
  /** Any one of these; `admin` includes them all. */
  readonly scopes: readonly Scope[];
  /** Whether a token that is bound to an organization may call it, for that organization. */
  readonly bound: boolean;
  /** `organization`: platform administrators, and an organization's own for delegated flags. */
  readonly person: PersonRule;
}

const machine = (...scopes: Scope[]): Permission => ({ scopes, bound: true, person: 'none' });
const platform = (...scopes: Scope[]): Permission => ({ scopes, bound: false, person: 'platform' });

/** Every operation and who may call it; the table of `docs/security.md` says the same, and a test holds them together. */
export const PERMISSIONS = {
  Evaluate: machine('evaluate'),
  BatchEvaluate: machine('evaluate'),
  EvaluateStream: machine('evaluate'),
  ListFlagsForUser: { scopes: ['evaluate'], bound: true, person: 'self' },
  GetRequirements: { scopes: ['evaluate'], bound: true, person: 'self' },
  Track: { scopes: ['track'], bound: true, person: 'self' },
  Identify: { scopes: ['identify'], bound: true, person: 'platform' },
  GetProgress: { scopes: ['identify', 'evaluate'], bound: true, person: 'self' },
  UpdateProgress: { scopes: ['identify'], bound: true, person: 'self' },
  Watch: { scopes: ['evaluate'], bound: true, person: 'self' },
  SetFlag: { scopes: ['manage'], bound: true, person: 'organization' },
  GetFlag: platform('manage'),
  ListFlags: platform('manage'),
  ListAccess: { scopes: ['manage'], bound: true, person: 'organization' },
  PreviewRule: platform('manage'),
  SetSegment: platform('manage'),
  GetSegment: platform('manage'),
  ListSegments: platform('manage'),
  DeleteSegment: platform('manage'),
  SetStages: platform('manage'),
  ListStages: platform('manage'),
  DeclareActions: platform('manage'),
  ListActions: platform('manage'),
  DeleteAction: platform('manage'),
  SetOrganization: { scopes: ['identify'], bound: true, person: 'platform' },
  GetOrganization: { scopes: ['identify'], bound: true, person: 'platform' },
  ListOrganizations: { scopes: ['identify', 'manage'], bound: true, person: 'organization' },
  DeleteOrganization: platform('manage'),
  GetUser: { scopes: ['identify'], bound: true, person: 'platform' },
  ListUnlocks: { scopes: ['identify'], bound: true, person: 'platform' },
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
  ListAudit: platform('admin'),
  CreateWebhook: platform('admin'),
  UpdateWebhook: platform('admin'),
  ListWebhooks: platform('admin'),
  DeleteWebhook: platform('admin'),
  RotateWebhookSecret: platform('admin'),
  PingWebhook: platform('admin'),
  ListDeliveries: platform('admin'),
  ReplayDeliveries: platform('admin'),
  ReadMetrics: platform('manage'),
} as const satisfies Record<string, Permission>;

export type Operation = keyof typeof PERMISSIONS;

/** Rejects with FORBIDDEN a caller of the wrong kind or scope; whose data it is, the use case checks. */
export function authorize({ caller }: Pick<Call, 'caller'>, operation: Operation): void {
  const permission: Permission = PERMISSIONS[operation];
  if (caller.kind === 'machine') {
    if (!hasScope(caller, permission.scopes)) {
      throw forbidden(`${operation} needs a token with the scope ${permission.scopes.join(' or ')}; this one lacks it`);
    }
    if (caller.organizationId !== '' && !permission.bound) {
      throw forbidden(`${operation} is for the platform; this token is bound to an organization`);
    }
    return;
  }
  if (permission.person === 'none') throw forbidden(`${operation} is for machine tokens, not for people`);
  if (caller.kind === 'operator') return;
  if (permission.person === 'platform' && !caller.platformAdmin) throw forbidden(forAdministrators(operation));
}

/**
 * As whom somebody calls the administration: people who administer the platform as operators, an organization's own where the
 * operation is open to them, machines as they are. Rejects everybody else with FORBIDDEN, their own account included.
 */
export function atTheAdministration(caller: Caller, operation: string): Caller {
  if (caller.kind !== 'person') return caller;
  if (caller.platformAdmin) return operatorOf(caller);
  const permission: Permission | undefined = PERMISSIONS[operation as Operation];
  if (permission?.person === 'organization') return caller;
  throw forbidden(forAdministrators(operation));
}

function operatorOf({ userId, expiresAt }: Person): Operator {
  return { kind: 'operator', userId, ...(expiresAt === undefined ? {} : { expiresAt }) };
}

function forAdministrators(operation: string): string {
  return `${operation} is for platform administrators; roles do not confer it`;
}

function hasScope(caller: Caller & { kind: 'machine' }, scopes: readonly Scope[]): boolean {
  return caller.scopes.has('admin') || scopes.some((scope) => caller.scopes.has(scope));
}

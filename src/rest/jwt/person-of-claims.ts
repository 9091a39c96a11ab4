import type { Person } from '../../calls/caller.js';
import { unauthenticated } from '../../calls/errors.js';
import { isJsonObject, type JsonObject, type JsonValue, ownMember, quote } from '../../core/values/json.js';
import { faultOfName } from '../../core/values/names.js';
import type { JwtOptions } from './jwt-options.js';

export type ClaimNames = Pick<JwtOptions, 'userClaim' | 'organizationClaim' | 'rolesClaim' | 'platform'>;

const MAX_ROLES = 50;

/** The person whom verified claims name. Throws UNAUTHENTICATED where they name none. */
export function personOfClaims(payload: JsonObject, names: ClaimNames): Person {
  const userId = idOf(payload, names.userClaim);
  if (userId === undefined) throw refused(names.userClaim, 'is missing; it names the user');
  const userFault = faultOfName('userId', userId);
  if (userFault !== undefined) throw refused(names.userClaim, `names no user: ${userFault}`);
  const organizationId = idOf(payload, names.organizationClaim) ?? '';
  const organizationFault = organizationId === '' ? undefined : faultOfName('organizationId', organizationId);
  if (organizationFault !== undefined)
    throw refused(names.organizationClaim, `names no organization: ${organizationFault}`);
  return {
    kind: 'person',
    userId,
    organizationId,
    roles: rolesOf(payload, names.rolesClaim),
    platformAdmin: isPlatformAdmin(payload, names.platform),
  };
}

/** The claim of this name or, where there is none, the one to which the name leads as a dotted path. */
function claimOf(payload: JsonObject, name: string): JsonValue | undefined {
  const direct = ownMember(payload, name);
  if (direct !== undefined) return direct;
  let value: JsonValue | undefined = payload;
  for (const step of name.split('.')) {
    value = isJsonObject(value) ? ownMember(value as JsonObject, step) : undefined;
  }
  return value;
}

/** An id in a claim: a text, or the digits of a whole number, since some issuers number their users. */
function idOf(payload: JsonObject, name: string): string | undefined {
  const value = claimOf(payload, name);
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value === 'string') return value;
  if (Number.isSafeInteger(value)) return String(value);
  throw refused(name, `is ${quote(value)}, and should be text`);
}

/** The roles in a claim, which is a list of names or one name; undefined where the token has no such claim. */
function rolesOf(payload: JsonObject, name: string): readonly string[] | undefined {
  const value = claimOf(payload, name);
  if (value === undefined || value === null) return undefined;
  const roles: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (roles.length > MAX_ROLES) throw refused(name, `holds ${roles.length} roles; at most ${MAX_ROLES} are taken`);
  return roles.map((role) => {
    const fault = faultOfName('role', role);
    if (fault !== undefined) throw refused(name, `holds no list of roles: ${fault}`);
    return role as string;
  });
}

function isPlatformAdmin(payload: JsonObject, platform: JwtOptions['platform']): boolean {
  if (platform === undefined) return false;
  const held = claimOf(payload, platform.claim);
  if (Array.isArray(held)) return held.some((value) => value === platform.value);
  return held === platform.value || (typeof held === 'boolean' && String(held) === platform.value);
}

function refused(claim: string, why: string): Error {
  return unauthenticated(`the token's claim ${quote(claim)} ${why}`);
}

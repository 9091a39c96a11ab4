import { MAX_ROLES, type Person } from '../calls/caller.js';
import { unauthenticated } from '../calls/errors.js';
import { isJsonObject, type JsonObject, type JsonValue, ownMember, quote } from '../core/values/json.js';
import { faultOfName } from '../core/values/names.js';
import type { JwtOptions } from './jwt-options.js';

export type ClaimNames = Pick<JwtOptions, 'userClaim' | 'organizationClaim' | 'rolesClaim' | 'platform'>;

/** What was not taken of a claim that only targets, in words for the log, which say nothing of whose token it was. */
export interface LeftOut {
  readonly organization?: string;
  readonly roles?: string;
}

/** The person whom a token names, and what was left out of what it says. */
export interface PersonOfToken {
  readonly person: Person;
  readonly leftOut: LeftOut;
}

/**
 * The person whom verified claims name. Throws UNAUTHENTICATED where they name none. Organization and roles only target: what
 * cannot be taken of them is left out, and ends nobody's session.
 */
export function personOfClaims(payload: JsonObject, names: ClaimNames): PersonOfToken {
  const named = claimOf(payload, names.userClaim);
  if (named === undefined || named === null || named === '') {
    throw refused(names.userClaim, 'is missing; it names the user');
  }
  const userId = textOf(named);
  if (userId === undefined) throw refused(names.userClaim, `is ${quote(named)}, and should be text`);
  const userFault = faultOfName('userId', userId);
  if (userFault !== undefined) throw refused(names.userClaim, `names no user: ${userFault}`);
  const organization = organizationOf(claimOf(payload, names.organizationClaim));
  const roles = rolesOf(claimOf(payload, names.rolesClaim));
  const told = (claim: string, fault: string) => `the claim ${quote(claim)} of a token ${fault}`;
  return {
    person: {
      kind: 'person',
      userId,
      organizationId: organization.id,
      roles: roles.names,
      platformAdmin: isPlatformAdmin(payload, names.platform),
    },
    leftOut: {
      ...(organization.fault && { organization: told(names.organizationClaim, organization.fault) }),
      ...(roles.fault && { roles: told(names.rolesClaim, roles.fault) }),
    },
  };
}

/** The claim of this name or, where there is none, the one to which the name leads as a dotted path. */
export function claimOf(payload: JsonObject, name: string): JsonValue | undefined {
  const direct = ownMember(payload, name);
  if (direct !== undefined) return direct;
  let value: JsonValue | undefined = payload;
  for (const step of name.split('.')) {
    value = isJsonObject(value) ? ownMember(value as JsonObject, step) : undefined;
  }
  return value;
}

/** A text, or the digits of a whole number, since some issuers number their users; undefined for anything else, and for ''. */
function textOf(value: unknown): string | undefined {
  if (Number.isSafeInteger(value)) return String(value);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/**
 * The organization in a claim, '' for none: its id, a list of one, or an object with one member, whose name is the id (as Keycloak
 * writes it).
 */
function organizationOf(claim: JsonValue | undefined): { readonly id: string; readonly fault?: string } {
  if (claim === undefined || claim === null || claim === '') return { id: '' };
  const several = isJsonObject(claim) ? Object.keys(claim) : [claim].flat();
  if (several.length === 0) return { id: '' };
  if (several.length > 1) return { id: '', fault: `names ${several.length} organizations, and none of them is taken` };
  const id = textOf(several[0]);
  if (id === undefined) return { id: '', fault: 'names no organization, since it holds no text' };
  const fault = faultOfName('organizationId', id);
  return fault === undefined ? { id } : { id: '', fault: `names no organization: ${fault}` };
}

/**
 * The roles in a claim, which is a list of names or one name; undefined where the token does not say. All names are taken, each
 * once; of very many, decisions read those that can matter.
 */
function rolesOf(claim: JsonValue | undefined): {
  readonly names: readonly string[] | undefined;
  readonly fault?: string;
} {
  if (claim === undefined || claim === null || claim === '') return { names: undefined };
  const listed = new Set<unknown>([claim].flat());
  const names: string[] = [];
  let fault: string | undefined;
  for (const role of listed) {
    const wrong = faultOfName('role', role);
    if (wrong === undefined) names.push(role as string);
    else fault ??= `has a role that is left out: ${wrong}`;
  }
  if (names.length === 0 && fault !== undefined && !Array.isArray(claim)) return { names: undefined, fault };
  if (names.length > MAX_ROLES) {
    fault ??= `has ${names.length} roles: beyond ${MAX_ROLES}, those are left out that no access row, condition or organization names`;
  }
  return fault === undefined ? { names } : { names, fault };
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

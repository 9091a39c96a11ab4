import { createHmac } from 'node:crypto';
import type { JwtOptions } from '../identity/jwt-options.js';

/** What a person's token says besides who they are. */
export interface PersonClaims {
  /** The claim `org`, or the one that `JWT_ORGANIZATION_CLAIM` names. */
  readonly organization_id?: string;
  /** The claim `roles`, or the one that `JWT_ROLES_CLAIM` names. */
  readonly roles?: readonly string[];
  /** Any other claims. */
  readonly [claim: string]: unknown;
}

/** So long that no move of the clock ends it. */
const VALID_SECONDS = 100 * 366 * 86_400;

/**
 * A JWT for this person, as a server with those options takes them, signed with HS256. Claims that are given replace those of the same
 * name.
 */
export function signPersonToken(options: JwtOptions | undefined, userId: string, claims: PersonClaims): string {
  if (options?.key.kind !== 'secret')
    throw new Error('JWT_SECRET is empty, so that nothing signs the tokens of people');
  const { issuer, audiences, userClaim, organizationClaim, rolesClaim } = options;
  const { organization_id: organizationId, roles, ...others } = claims;
  const now = Math.floor(Date.now() / 1000);
  const payload = {
    ...{ iat: now, exp: now + VALID_SECONDS, [userClaim]: userId },
    ...(issuer !== undefined && { iss: issuer }),
    ...(audiences[0] !== undefined && { aud: audiences[0] }),
    ...(organizationId !== undefined && { [organizationClaim]: organizationId }),
    ...(roles !== undefined && { [rolesClaim]: roles }),
    ...others,
  };
  const signed = [{ alg: 'HS256', typ: 'JWT' }, payload].map(encoded).join('.');
  return `${signed}.${createHmac('sha256', options.key.secret).update(signed).digest('base64url')}`;
}

function encoded(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}

import { SECOND_MS } from '../core/values/time/time.js';
import { jwtKey } from '../identity/jwt-key.js';
import type { JwtOptions } from '../identity/jwt-options.js';
import { ConfigError, type Environment, readFile } from './environment.js';

/** undefined where no key is given: then nobody but machines calls. A key that is none, or weak, is refused here. */
export function readJwtConfig(env: Environment): JwtOptions | undefined {
  const key = givenKey(env);
  if (key === undefined) return undefined;
  const [issuer, audiences] = [env.text('JWT_ISSUER'), env.list('JWT_AUDIENCE')];
  try {
    jwtKey({ key, issuer, audiences });
  } catch (error) {
    throw new ConfigError((error as Error).message);
  }
  const [claim, value] = [env.text('JWT_PLATFORM_CLAIM'), env.text('JWT_PLATFORM_VALUE')];
  if ((claim === undefined) !== (value === undefined)) {
    throw new ConfigError('JWT_PLATFORM_CLAIM and JWT_PLATFORM_VALUE go together');
  }
  return {
    key,
    issuer,
    audiences,
    audienceClaim: audienceClaim(env, audiences),
    userClaim: env.text('JWT_USER_CLAIM') ?? 'sub',
    organizationClaim: env.text('JWT_ORGANIZATION_CLAIM') ?? 'org',
    rolesClaim: env.text('JWT_ROLES_CLAIM') ?? 'roles',
    platform: claim === undefined || value === undefined ? undefined : { claim, value },
    sync: env.flag('JWT_SYNC', false),
    cachedTokens: env.integer('CACHED_JWTS', 100_000, 1_000, 10_000_000),
  };
}

function givenKey(env: Environment): JwtOptions['key'] | undefined {
  const secret = env.secret('JWT_SECRET');
  const pemFile = env.text('JWT_PUBLIC_KEY_FILE');
  const url = env.text('JWT_JWKS_URL');
  if ([secret, pemFile, url].filter((given) => given !== undefined).length > 1) {
    throw new ConfigError('give exactly one of JWT_SECRET, JWT_PUBLIC_KEY_FILE, JWT_JWKS_URL');
  }
  if (secret !== undefined) return { kind: 'secret', secret };
  if (pemFile !== undefined) return { kind: 'publicKey', pem: readFile('JWT_PUBLIC_KEY_FILE', pemFile) };
  if (url === undefined) return undefined;
  return { kind: 'jwks', url, maxAgeMs: env.integer('JWT_JWKS_MAX_AGE', 600, 1, 86_400) * SECOND_MS };
}

function audienceClaim(env: Environment, audiences: readonly string[]): string | undefined {
  const claim = env.text('JWT_AUDIENCE_CLAIM');
  if (claim !== undefined && audiences.length === 0) {
    throw new ConfigError(
      'JWT_AUDIENCE_CLAIM names the claim with the audience, and JWT_AUDIENCE gives none; give both',
    );
  }
  return claim;
}

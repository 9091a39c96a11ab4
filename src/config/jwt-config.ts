import { createPublicKey } from 'node:crypto';
import type { JwtOptions } from '../rest/jwt/jwt-options.js';
import { ConfigError, type Environment, readFile } from './environment.js';

/** undefined where no key is given: then nobody but machines calls. */
export function readJwtConfig(env: Environment): JwtOptions | undefined {
  const key = jwtKey(env);
  if (key === undefined) return undefined;
  const [issuer, audience] = [env.text('JWT_ISSUER'), env.text('JWT_AUDIENCE')];
  if (key.kind !== 'secret' && (issuer === undefined || audience === undefined)) {
    throw new ConfigError(
      'with a public key, JWT_ISSUER and JWT_AUDIENCE are required: anyone may hold a token of that key',
    );
  }
  const [claim, value] = [env.text('JWT_PLATFORM_CLAIM'), env.text('JWT_PLATFORM_VALUE')];
  if ((claim === undefined) !== (value === undefined)) {
    throw new ConfigError('JWT_PLATFORM_CLAIM and JWT_PLATFORM_VALUE go together');
  }
  return {
    key,
    issuer,
    audience,
    userClaim: env.text('JWT_USER_CLAIM') ?? 'sub',
    organizationClaim: env.text('JWT_ORGANIZATION_CLAIM') ?? 'org',
    rolesClaim: env.text('JWT_ROLES_CLAIM') ?? 'roles',
    platform: claim === undefined || value === undefined ? undefined : { claim, value },
    sync: env.flag('JWT_SYNC', false),
  };
}

const MIN_JWT_SECRET_BYTES = 32;

function jwtKey(env: Environment): JwtOptions['key'] | undefined {
  const secret = env.secret('JWT_SECRET');
  const pemFile = env.text('JWT_PUBLIC_KEY_FILE');
  const url = env.text('JWT_JWKS_URL');
  if ([secret, pemFile, url].filter((given) => given !== undefined).length > 1) {
    throw new ConfigError('give exactly one of JWT_SECRET, JWT_PUBLIC_KEY_FILE, JWT_JWKS_URL');
  }
  if (secret !== undefined) {
    if (Buffer.byteLength(secret) >= MIN_JWT_SECRET_BYTES) return { kind: 'secret', secret };
    throw new ConfigError(
      `JWT_SECRET is shorter than ${MIN_JWT_SECRET_BYTES} bytes; make one with: openssl rand -base64 32`,
    );
  }
  if (pemFile !== undefined) return { kind: 'publicKey', pem: publicKey(pemFile) };
  if (url === undefined) return undefined;
  if (url.startsWith('https://') && URL.canParse(url)) return { kind: 'jwks', url };
  throw new ConfigError(`JWT_JWKS_URL=${JSON.stringify(url)} is no https address`);
}

function publicKey(file: string): string {
  const pem = readFile('JWT_PUBLIC_KEY_FILE', file);
  const wrong = `JWT_PUBLIC_KEY_FILE=${JSON.stringify(file)} holds no public key in PEM format`;
  // A private key would do, but whoever has it can make tokens: it does not belong here.
  if (pem.includes('PRIVATE KEY')) throw new ConfigError(`${wrong} but a private one; keep that where tokens are made`);
  try {
    createPublicKey(pem);
  } catch {
    throw new ConfigError(`${wrong}, like -----BEGIN PUBLIC KEY-----`);
  }
  return pem;
}

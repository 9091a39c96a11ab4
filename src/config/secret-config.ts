import { ConfigError, type Environment } from './environment.js';

export interface SecretConfig {
  /** The bootstrap admin token; undefined for an embedded start, which makes one. */
  readonly adminToken: string | undefined;
  /** What tickets are sealed with; undefined for an embedded start, which makes one. */
  readonly secret: string | undefined;
  /** The secret before that, with which tickets are read that were made before it was changed. */
  readonly previousSecret: string | undefined;
}

const MIN_ADMIN_TOKEN = 16;
const MIN_SECRET = 32;
const HOW_TO_MAKE_ONE = 'make one with: openssl rand -hex 32';

/** The secrets that servers of one deployment have in common. */
export function readSecretConfig(env: Environment): SecretConfig {
  const adminToken = longEnough('LATCHKEY_ADMIN_TOKEN', env.secret('LATCHKEY_ADMIN_TOKEN'), MIN_ADMIN_TOKEN);
  if (adminToken !== undefined && !/^[\x21-\x7e]*$/.test(adminToken)) {
    throw new ConfigError(`LATCHKEY_ADMIN_TOKEN has spaces or characters that no header can carry; ${HOW_TO_MAKE_ONE}`);
  }
  const secret = longEnough('LATCHKEY_SECRET', env.secret('LATCHKEY_SECRET'), MIN_SECRET);
  const previousSecret = longEnough('LATCHKEY_SECRET_PREVIOUS', env.secret('LATCHKEY_SECRET_PREVIOUS'), MIN_SECRET);
  if (previousSecret !== undefined && secret === undefined) {
    throw new ConfigError(
      'LATCHKEY_SECRET_PREVIOUS is given without LATCHKEY_SECRET, which it comes before; give both',
    );
  }
  return { adminToken, secret, previousSecret };
}

function longEnough(name: string, secret: string | undefined, minLength: number): string | undefined {
  if (secret === undefined || secret.length >= minLength) return secret;
  throw new ConfigError(`${name} is shorter than ${minLength} characters; ${HOW_TO_MAKE_ONE}`);
}

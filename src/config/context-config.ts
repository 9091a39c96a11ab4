import { ConfigError, type Environment } from './environment.js';

/** Who is let in without a token, and what people may say of themselves. */
export interface ContextConfig {
  /** With what the names of the attributes begin that people may send in a context; undefined: none. */
  readonly clientAttributes: string | undefined;
  /** Undefined where nobody may ask for flags without a token. */
  readonly visitors: { readonly requestsPerMinute: number } | undefined;
}

const PREFIX = /^[\p{L}\p{N}_.:/-]{1,64}$/u;

export function readContextConfig(env: Environment): ContextConfig {
  const clientAttributes = env.text('CLIENT_ATTRIBUTES');
  if (clientAttributes !== undefined && !PREFIX.test(clientAttributes)) {
    throw new ConfigError(
      `CLIENT_ATTRIBUTES=${JSON.stringify(clientAttributes)} is no beginning of names like client_, of at most 64 letters, digits, "_", ".", ":", "/" and "-"`,
    );
  }
  const requestsPerMinute = env.integer('ANONYMOUS_REQUESTS_PER_MINUTE', 600, 0, 100_000_000);
  return { clientAttributes, visitors: env.flag('ANONYMOUS_ACCESS', false) ? { requestsPerMinute } : undefined };
}

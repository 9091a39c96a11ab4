import { address, isLoopback } from './address.js';
import { ConfigError, type Environment } from './environment.js';

export interface FlagdConfig {
  /** `HOST:PORT` */
  readonly address: string;
  /** The machine token by which callers are known that send none; undefined: they are refused. */
  readonly token: string | undefined;
}

/** The listener for flagd's clients; undefined without `FLAGD_ADDR`. */
export function readFlagdConfig(env: Environment): FlagdConfig | undefined {
  const token = env.secret('FLAGD_TOKEN');
  const remote = env.flag('FLAGD_ALLOW_REMOTE', false);
  if (env.text('FLAGD_ADDR') === undefined) {
    if (token === undefined && !remote) return undefined;
    throw new ConfigError(
      `${token === undefined ? 'FLAGD_ALLOW_REMOTE' : 'FLAGD_TOKEN_FILE'} is of no use without FLAGD_ADDR: give that, too, like 127.0.0.1:8013`,
    );
  }
  const listening = address(env, 'FLAGD_ADDR', '127.0.0.1:8013');
  if (token !== undefined && !token.startsWith('latchkey_')) {
    throw new ConfigError(
      'FLAGD_TOKEN_FILE holds no machine token, which begins with "latchkey_"; make one with the scope evaluate',
    );
  }
  if (token !== undefined && !remote && !isLoopback(listening)) {
    throw new ConfigError(
      `FLAGD_ADDR=${listening} is reachable from other machines, and with FLAGD_TOKEN_FILE whoever reaches it may ask about anybody: give FLAGD_ALLOW_REMOTE=true if that is meant`,
    );
  }
  return { address: listening, token };
}

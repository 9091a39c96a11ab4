import type { Environment } from './environment.js';

/** What any client may do at the doors, whoever it is. */
export interface LimitsConfig {
  /** How many requests and calls a minute may come from one address, by all doors together; 0 for any number. */
  readonly callsPerMinuteOfAddress: number;
  /** How many connections one address may have open at each listener; 0 for any number. */
  readonly connectionsOfAddress: number;
}

export function readLimitsConfig(env: Environment): LimitsConfig {
  return {
    callsPerMinuteOfAddress: env.integer('ADDRESS_CALLS_PER_MINUTE', 0, 0, 100_000_000),
    connectionsOfAddress: env.integer('ADDRESS_CONNECTIONS', 0, 0, 1_000_000),
  };
}

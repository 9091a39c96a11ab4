import type { FailureKind } from './dialect.js';

/** The members by which errors of drivers are told apart; their classes differ, since some are the system's. */
export interface DriverError {
  readonly name?: unknown;
  readonly code?: unknown;
  readonly errno?: unknown;
  readonly sqlState?: unknown;
  readonly fatal?: unknown;
  readonly message?: unknown;
}

export function driverError(error: unknown): DriverError {
  return typeof error === 'object' && error !== null ? error : {};
}

/** What an error of the pool itself means: no connection in time, or a closed pool. */
export function poolFailure({ name, message }: DriverError): FailureKind | undefined {
  if (name === 'KnexTimeoutError') return 'away';
  return typeof message === 'string' && /Unable to acquire a connection|^aborted$/.test(message) ? 'away' : undefined;
}

import type { FailureKind } from './dialect.js';

/** What of an error tells drivers' errors apart. Not `instanceof`: drivers throw their own, and the system's. */
export interface DriverError {
  readonly name?: unknown;
  readonly code?: unknown;
  readonly errno?: unknown;
  readonly fatal?: unknown;
  readonly message?: unknown;
}

export function driverError(error: unknown): DriverError {
  return typeof error === 'object' && error !== null ? error : {};
}

/** What the pool itself says: no connection in time, a statement that took too long, or a pool that was closed. */
export function poolFailure({ name, message }: DriverError): FailureKind | undefined {
  if (name === 'KnexTimeoutError') return 'away';
  return typeof message === 'string' && /Unable to acquire a connection|^aborted$/.test(message) ? 'away' : undefined;
}

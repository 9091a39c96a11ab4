import { type Code, ConnectError } from '@connectrpc/connect';
import { asLatchkeyError } from '../../calls/errors.js';
import { SECOND_MS } from '../../core/values/time.js';
import { failureOf } from '../../protocol/messages/failure.js';

/** An error as Connect tells it: its codes are gRPC's. Where waiting helps, `Retry-After` says how long, in seconds; where it is not known who calls, `WWW-Authenticate` what to send. */
export function connectError(error: unknown, requestId: string): ConnectError {
  const { code, details } = failureOf(error, requestId);
  const told = asLatchkeyError(error);
  const wait = told.retryMs === undefined ? {} : { 'retry-after': String(Math.ceil(told.retryMs / SECOND_MS)) };
  const how = told.code === 'UNAUTHENTICATED' ? { 'www-authenticate': 'Bearer realm="latchkey"' } : {};
  return new ConnectError(details, code as Code, { ...wait, ...how });
}

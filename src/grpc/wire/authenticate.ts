import type { Metadata } from '@grpc/grpc-js';
import type { Machine } from '../../calls/caller.js';
import { unauthenticated } from '../../calls/errors.js';
import type { Authentication } from '../../services/tokens/authentication.js';

const BEARER = /^Bearer +(\S+)$/i;

/** Who is calling, by the machine token in the call's metadata; rejects with UNAUTHENTICATED. */
export function authenticate(
  authentication: Pick<Authentication, 'machine'>,
  metadata: Metadata,
): Machine | Promise<Machine> {
  const [header] = metadata.get('authorization');
  if (header === undefined) {
    throw unauthenticated('the call carries no token; send the metadata "authorization: Bearer TOKEN"');
  }
  const secret = typeof header === 'string' ? BEARER.exec(header)?.[1] : undefined;
  if (secret === undefined) {
    throw unauthenticated('the metadata "authorization" is not of the form "Bearer TOKEN"');
  }
  return authentication.machine(secret);
}

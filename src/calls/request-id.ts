import { randomUUID } from 'node:crypto';

/** The header, or the metadata, that carries a call's id both ways. */
export const REQUEST_ID_HEADER = 'x-request-id';

/** What may be taken over from a client into logs and audit. */
const REQUEST_ID = /^[\w.:/+=-]{1,128}$/;

/** A call's id: what the client sent for one, or a new one in place of anything that does not belong in a log. */
export function requestIdOf(sent: unknown): string {
  return typeof sent === 'string' && REQUEST_ID.test(sent) ? sent : randomUUID();
}

import { type LatchkeyError, limited, notFound, unavailable } from '../../calls/errors.js';
import { tokenEnded } from '../../calls/open-readers.js';
import type { StreamEnd } from '../../services/streaming/event-stream.js';

/** The failure with which a stream ends that the server ended. */
export function streamFailure(reason: StreamEnd): LatchkeyError {
  return FAILURES[reason]();
}

const FAILURES: Readonly<Record<StreamEnd, () => LatchkeyError>> = {
  slow: () => limited('the reader does not keep up; read faster, and go on from the last resume_token'),
  draining: () => unavailable('the server stops; connect again, elsewhere'),
  unauthenticated: tokenEnded,
  gone: () => notFound('no such user'),
  failed: () => unavailable('what happens cannot be told now; the log of the server says why'),
};

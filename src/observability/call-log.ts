import type { DoorName } from '../calls/doors.js';
import type { Logger } from './logger.js';
import type { Metrics } from './metrics.js';

/** A call that has ended, as each door reports it. */
export interface EndedCall {
  /** Which door it came by, where one listener has several; else it is the listener's. */
  readonly door?: DoorName;
  /** The RPC's path, or the route. */
  readonly operation: string;
  /** The gRPC status or the HTTP status. */
  readonly code: string;
  readonly durationMs: number;
  readonly requestId: string;
  /** The client's address. */
  readonly peer: string;
  /** Who called, as the audit names callers; '' when the caller was not authenticated. */
  readonly actor: string;
  readonly error: unknown;
  /** Whether it failed by a defect, on which a person must act, or by a failure of the store. */
  readonly unexpected: boolean;
  readonly unauthenticated: boolean;
}

/** One log line and one measurement per call: successes at debug, failures at info, defects at error. */
export function callLog(listener: DoorName, metrics: Metrics, logger: Logger): (call: EndedCall) => void {
  // Whether successes are logged is known from the start. If they are not, a successful call is asked for nothing, since it may
  // have to find it out first.
  const writesSuccesses = logger.isLevelEnabled('debug');
  return (call) => {
    const { door = listener, operation, code, durationMs, error, unexpected } = call;
    metrics.doors.requestEnded(door, operation, code, durationMs);
    if (call.unauthenticated) metrics.doors.authenticationFailed(door);
    const succeeded = error === undefined && !unexpected;
    if (succeeded && !writesSuccesses) return;
    const { requestId, actor, peer } = call;
    const line = { door, operation, code, durationMs: Math.round(durationMs * 100) / 100, requestId, actor, peer };
    if (unexpected) logger.error({ ...line, err: error }, 'call failed unexpectedly');
    else if (succeeded) logger.debug(line, 'call');
    else logger.info({ ...line, reason: error instanceof Error ? error.message : String(error) }, 'call refused');
  };
}

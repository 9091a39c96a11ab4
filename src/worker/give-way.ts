import { setImmediate as immediate, setTimeout as sleep } from 'node:timers/promises';

export interface MoreUrgent {
  /** Whether this process is counting events. */
  readonly counting: () => boolean;
  /** For how long the oldest pending event has waited, in any lane, in milliseconds. */
  readonly oldestPendingMs: () => number;
}

/** How long one step waits for events that are being counted: long enough for some batches, but not for ever. */
const LONGEST_WAIT_MS = 50;
/** When the oldest event has waited for longer than this, other work rests for a moment. */
const LATE_MS = 1_000;
const REST_MS = 500;
const LOOK_EVERY_MS = 2;

/** Lets events be counted before the next step of other work, which is slowed down by this but never stopped. */
export async function giveWayTo({ counting, oldestPendingMs }: MoreUrgent): Promise<void> {
  if (oldestPendingMs() > LATE_MS) {
    await sleep(REST_MS);
    return;
  }
  // Calls of this process may run, too: an embedded store answers without letting them.
  await immediate();
  for (let waitedMs = 0; counting() && waitedMs < LONGEST_WAIT_MS; waitedMs += LOOK_EVERY_MS)
    await sleep(LOOK_EVERY_MS);
}

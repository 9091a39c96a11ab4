import { setImmediate as immediate, setTimeout as sleep } from 'node:timers/promises';

export interface MoreUrgent {
  /** Whether this process is counting events right now. */
  readonly counting: () => boolean;
  /** How long the oldest event has been waiting, anywhere, in milliseconds. */
  readonly oldestPendingMs: () => number;
}

/** How long one step waits for events under way: long enough for some batches, and short enough to come to an end. */
const LONGEST_WAIT_MS = 50;
/** Events that have waited for so long are too many: everything else rests for a moment. */
const LATE_MS = 1_000;
const REST_MS = 500;
const LOOK_EVERY_MS = 2;

/** Lets live events go first, a step at a time: work on everybody slows down, and never stops for good. */
export async function giveWayTo({ counting, oldestPendingMs }: MoreUrgent): Promise<void> {
  if (oldestPendingMs() > LATE_MS) {
    await sleep(REST_MS);
    return;
  }
  // Calls of the same process, too: an embedded store answers without ever letting them in.
  await immediate();
  for (let waitedMs = 0; counting() && waitedMs < LONGEST_WAIT_MS; waitedMs += LOOK_EVERY_MS)
    await sleep(LOOK_EVERY_MS);
}

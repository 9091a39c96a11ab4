import { TrackRequest } from '../../test/gen/latchkey/v1/event.js';
import type { connect } from './latchkey-client.js';
import type { Place } from './places.js';

export interface ManyEvents {
  readonly events: number;
  /** The n-th event. */
  readonly event: (n: number) => {
    readonly id: string;
    readonly source: string;
    readonly userId: string;
    readonly action: string;
  };
}

export interface ManyCounted {
  /** Events a second until all were acknowledged. */
  readonly takenIn: number;
  /** Events a second until none was pending. */
  readonly counted: number;
  /** In the ledger then. */
  readonly unlocks: number;
}

const PER_CALL = 500;
const CALLS_AT_ONCE = 8;

/** Sends events in large calls, several at once, and waits until all are counted. */
export async function countManyEvents(
  { query }: Place,
  { client, call }: ReturnType<typeof connect>,
  { events, event }: ManyEvents,
): Promise<ManyCounted> {
  const count = async (rows: string): Promise<number> => {
    const [row] = (await query(`SELECT COUNT(*) AS n FROM ${rows}`)) as readonly { n: number }[];
    return Number(row!.n);
  };
  const startedAt = performance.now();
  const rate = (): number => events / ((performance.now() - startedAt) / 1000);
  let next = 0;
  const sender = async (): Promise<void> => {
    while (next < events) {
      const from = next;
      next += PER_CALL;
      const some = Array.from({ length: Math.min(PER_CALL, events - from) }, (_, i) => event(from + i));
      await call(client.track, TrackRequest.fromPartial({ events: some }));
    }
  };
  await Promise.all(Array.from({ length: CALLS_AT_ONCE }, sender));
  const takenIn = rate();
  // Counting what is pending would be work for the database that no product has.
  const pending = async (): Promise<boolean> =>
    (await query('SELECT 1 FROM events WHERE state = 0 LIMIT 1')).length > 0;
  while (await pending()) await new Promise((resolve) => setTimeout(resolve, 20));
  const counted = rate();
  return { takenIn, counted, unlocks: await count("unlocks WHERE kind = 'unlocked'") };
}

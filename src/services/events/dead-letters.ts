import type { Call } from '../../calls/caller.js';
import { invalidAt } from '../../calls/errors.js';
import { authorize } from '../../calls/permissions.js';
import { recordAudit } from '../../calls/record-audit.js';
import { quote } from '../../core/values/json.js';
import { laneOf, organizationPartitionOf, partitionOf } from '../../core/values/partition.js';
import type { WorkQueue } from '../../queue/queue.js';
import type { DeadLetter, EventKey } from '../../store/event-store.js';
import type { Page, PageRequest } from '../../store/page.js';
import type { Store } from '../../store/store.js';

export interface DeadLetterOptions {
  readonly store: Pick<Store, 'events' | 'transaction'>;
  readonly queue: Pick<WorkQueue, 'wake'>;
  readonly lanes: number;
}

const MAX_REPLAY = 1_000;
const CONTRIBUTION = /^[0-9a-f]{32}$/;

/** Events that could not be counted and were put aside, to be read and replayed. */
export class DeadLetterService {
  readonly #options: DeadLetterOptions;

  constructor(options: DeadLetterOptions) {
    this.#options = options;
  }

  /** A page of them, and how many there are in all. */
  async list(call: Call, page: PageRequest): Promise<Page<DeadLetter> & { readonly total: number }> {
    authorize(call, 'ListDeadLetters');
    const { events } = this.#options.store;
    const [letters, total] = await Promise.all([events.deadLetters(page), events.deadLetterCount()]);
    return { ...letters, total };
  }

  /** Makes dead letters pending again, to be counted as if they came now; gives how many of those named there were. */
  async replay(call: Call, keys: readonly EventKey[], comment = ''): Promise<number> {
    authorize(call, 'ReplayDeadLetters');
    if (keys.length > MAX_REPLAY)
      throw invalidAt('/events', `a call replays at most ${MAX_REPLAY} dead letters, not ${keys.length}`);
    for (const [i, { contribution }] of keys.entries()) {
      if (contribution === undefined || CONTRIBUTION.test(contribution)) continue;
      throw invalidAt(
        `/events/${i}/contribution`,
        `${quote(contribution)} is none that a dead letter has; copy it from one`,
      );
    }
    const { store, queue, lanes } = this.#options;
    const replayed = await store.transaction(async (tx) => {
      const now = await tx.now();
      const count = await tx.inbox.replay(keys, now);
      await recordAudit(tx, call, now, {
        action: 'dead-letters.replay',
        target: 'events',
        before: undefined,
        after: { replayed: count, keys },
        comment,
      });
      return count;
    });
    await queue.wake(new Set(keys.map((key) => laneOf(partitionOfEvent(key), lanes))));
    return replayed;
  }
}

function partitionOfEvent({ userId, contribution }: EventKey): number {
  return contribution === undefined ? partitionOf(userId) : organizationPartitionOf(userId);
}

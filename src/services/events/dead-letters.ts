import type { Call } from '../../calls/caller.js';
import { invalidAt } from '../../calls/errors.js';
import { authorize } from '../../calls/permissions.js';
import { recordAudit } from '../../calls/writes/record-audit.js';
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

const MAX_KEYS = 1_000;
const CONTRIBUTION = /^[0-9a-f]{32}$/;

/** Events that could not be counted and were put aside, to be read, and replayed or discarded. */
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
    checkKeys(keys, 'replays');
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

  /** Gives dead letters up for good, which takes a reason; gives how many of those named there were. */
  async discard(call: Call, keys: readonly EventKey[], comment: string): Promise<number> {
    authorize(call, 'DiscardDeadLetters');
    checkKeys(keys, 'discards');
    if (comment.trim() === '') {
      throw invalidAt('/comment', 'what is discarded is counted no more: say why, in "comment"');
    }
    return this.#options.store.transaction(async (tx) => {
      const now = await tx.now();
      const discarded = await tx.inbox.discard(keys);
      const after = { discarded, keys };
      await recordAudit(tx, call, now, {
        ...{ action: 'dead-letters.discard', target: 'events' },
        ...{ before: undefined, after, comment },
      });
      return discarded;
    });
  }
}

function checkKeys(keys: readonly EventKey[], does: string): void {
  if (keys.length > MAX_KEYS)
    throw invalidAt('/events', `a call ${does} at most ${MAX_KEYS} dead letters, not ${keys.length}`);
  for (const [i, { contribution }] of keys.entries()) {
    if (contribution === undefined || CONTRIBUTION.test(contribution)) continue;
    throw invalidAt(
      `/events/${i}/contribution`,
      `${quote(contribution)} is none that a dead letter has; copy it from one`,
    );
  }
}

function partitionOfEvent({ userId, contribution }: EventKey): number {
  return contribution === undefined ? partitionOf(userId) : organizationPartitionOf(userId);
}

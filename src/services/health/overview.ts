import type { Call } from '../../calls/caller.js';
import type { Clock } from '../../calls/clock.js';
import { storeAnswerWithin } from '../../calls/consistency/store-answer.js';
import { authorize, mayCall } from '../../calls/permissions.js';
import type { ConfigurationKeeper } from '../../configuration/configuration-keeper.js';
import type { FlagState } from '../../core/snapshot/flag-state.js';
import type { SeenNode } from '../../store/node-store.js';
import { type Store, StoreUnavailable } from '../../store/store.js';
import type { BackfillProgress, BackfillService } from '../backfills/backfills.js';
import type { AuditService, ToldAuditEntry } from '../history/audit.js';
import { type Attention, byUrgency, COUNTED } from './attention.js';
import { laneBacklogs } from './backlog.js';
import { flagOverview } from './flag-attention.js';
import { FlagReview } from './flag-review.js';
import { HEALTH_WAITS_MS } from './health.js';
import type { ThisNode } from './this-node.js';
import { askedInAll } from './unknown-keys.js';
import { LATE_MS, workAttention } from './work-attention.js';

export interface OverviewOptions {
  readonly store: Store;
  readonly keeper: Pick<ConfigurationKeeper, 'snapshot'>;
  readonly node: Pick<ThisNode, 'report'>;
  readonly clock: Clock;
  readonly lanes: number;
  readonly backfills: Pick<BackfillService, 'unfinished'>;
  readonly audit: Pick<AuditService, 'list'>;
}

/** Parts that are told to those alone who may read them elsewhere. */
const OVERVIEW_TOPICS = ['CHANGES', 'DEAD_LETTERS', 'WEBHOOKS'] as const;
export type OverviewTopic = (typeof OVERVIEW_TOPICS)[number];

/** What runs, what needs somebody, and what has changed. */
export interface Overview {
  /** By the database's clock, as this server knows it. */
  readonly at: number;
  /** What the store says; undefined while it is away. */
  readonly stored: StoredOverview | undefined;
  /** How many flags were looked through, of all that are not archived. */
  readonly reviewed: { readonly done: number; readonly of: number };
  /** What is most urgent first. */
  readonly attention: readonly Attention[];
  readonly states: ReadonlyMap<FlagState, number>;
  readonly notTold: readonly OverviewTopic[];
}

export interface StoredOverview {
  /** The first of those that have not ended, the running ones first. */
  readonly backfills: readonly BackfillProgress[];
  /** How many have not ended, to {@link COUNTED}. */
  readonly unfinishedBackfills: number;
  /** Of how many of the partitions users are found by the attributes that were chosen last: all, unless these are being filled in. */
  readonly searchFilled: number;
  readonly settlingDerived: boolean;
  /** Newest first; empty where the caller is not told. */
  readonly changes: readonly ToldAuditEntry[];
}

const BACKFILLS_TOLD = 10;
const CHANGES_TOLD = 10;
const NEEDED = { CHANGES: 'ListAudit', DEAD_LETTERS: 'ListDeadLetters', WEBHOOKS: 'ListWebhooks' } as const;

/**
 * The start page of whoever administers the platform. All that it asks of the store is bounded: it looks up beginnings of indexes, and
 * counts nothing beyond {@link COUNTED}. Flags are looked at in memory.
 */
export class OverviewService {
  readonly #options: OverviewOptions;
  readonly #review: FlagReview;

  constructor(options: OverviewOptions) {
    this.#options = options;
    this.#review = new FlagReview(() => options.keeper.snapshot);
  }

  /** While the store is away it tells what this server knows by itself. */
  async get(call: Call): Promise<Overview> {
    authorize(call, 'GetOverview');
    const { keeper, node, clock } = this.#options;
    const at = clock.now();
    const own = { ...node.report(), seenAt: at };
    const notTold = OVERVIEW_TOPICS.filter((topic) => !mayCall(call, NEEDED[topic]));
    const answer = await this.#stored(call, { at, own, notTold });
    const { snapshot } = keeper;
    const { found, ...reviewed } = this.#review.look(snapshot);
    const asked = askedInAll(answer.nodes.map(({ unknownKeys }) => unknownKeys));
    const flags = flagOverview({ snapshot, now: at, asked, found });
    return {
      ...{ at, notTold, stored: answer.stored, reviewed, states: flags.states },
      attention: byUrgency([...answer.attention, ...flags.attention]),
    };
  }

  async #stored(call: Call, asking: Asking): Promise<Answer> {
    try {
      return await storeAnswerWithin(HEALTH_WAITS_MS, this.#ask(call, asking));
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      const sentence = 'the store does not answer: flags are decided from memory, and nothing can be written';
      return {
        stored: undefined,
        nodes: [asking.own],
        attention: [{ kind: 'STORE_AWAY', sentence, count: 1, targets: [] }],
      };
    }
  }

  async #ask(call: Call, { at, own, notTold }: Asking): Promise<Answer> {
    const { store, backfills, audit, lanes } = this.#options;
    const told = (topic: OverviewTopic): boolean => !notTold.includes(topic);
    const [others, pending, lateTimers, deadLetters, webhooks, unfinished, filled, unsettled, changes] =
      await Promise.all([
        store.nodes.all(),
        store.events.oldestPending(),
        store.timers.due(at - LATE_MS, COUNTED),
        told('DEAD_LETTERS') ? store.events.deadLetterBacklog(COUNTED) : undefined,
        told('WEBHOOKS') ? Promise.all([store.webhooks.list(), store.deliveries.standings()]) : undefined,
        backfills.unfinished(call, { limit: BACKFILLS_TOLD, countTo: COUNTED }),
        store.searchFill.partitionsDone(),
        store.derived.unsettled(),
        told('CHANGES') ? audit.list(call, { limit: CHANGES_TOLD }, {}) : undefined,
      ]);
    const nodes = [...others.filter(({ id }) => id !== own.id), own];
    return {
      nodes,
      stored: {
        ...{ backfills: unfinished.items, unfinishedBackfills: unfinished.count },
        ...{ searchFilled: filled, settlingDerived: unsettled !== undefined, changes: changes?.items ?? [] },
      },
      attention: workAttention({
        ...{ now: at, nodes, lateTimers, lanes: laneBacklogs(pending, lanes) },
        ...(deadLetters !== undefined && { deadLetters }),
        ...(webhooks !== undefined && { webhooks: { endpoints: webhooks[0], standings: webhooks[1] } }),
      }),
    };
  }
}

interface Asking {
  readonly at: number;
  readonly own: SeenNode;
  readonly notTold: readonly OverviewTopic[];
}

interface Answer {
  readonly stored: StoredOverview | undefined;
  readonly nodes: readonly SeenNode[];
  readonly attention: readonly Attention[];
}

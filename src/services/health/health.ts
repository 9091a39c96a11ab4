import type { Call } from '../../calls/caller.js';
import type { Clock } from '../../calls/clock.js';
import { storeAnswerWithin } from '../../calls/consistency/store-answer.js';
import { authorize } from '../../calls/permissions.js';
import { SECOND_MS } from '../../core/values/time/time.js';
import type { SeenNode } from '../../store/node-store.js';
import { type Store, StoreUnavailable } from '../../store/store.js';
import { inboxLagMs, type LaneBacklog, laneBacklogs, oldestMessageAt } from './backlog.js';
import type { ThisNode } from './this-node.js';

export interface HealthOptions {
  readonly store: Pick<Store, 'nodes' | 'events' | 'timers' | 'configuration' | 'outbound' | 'webhooks' | 'deliveries'>;
  readonly node: Pick<ThisNode, 'report'>;
  readonly clock: Clock;
  readonly lanes: number;
}

/** How the deployment is, as one of its servers sees it. */
export interface Health {
  /** By the database's clock, as this server knows it. */
  readonly at: number;
  /** The server that was asked, by its id. */
  readonly answeredBy: string;
  /** By id. */
  readonly nodes: readonly SeenNode[];
  /** What the store says; undefined while it is away. */
  readonly stored: StoredHealth | undefined;
}

export interface StoredHealth {
  /** The committed configuration's revision. */
  readonly revision: number;
  /** The lanes in which events wait, with when the oldest of each was received; by lane. */
  readonly lanes: readonly LaneBacklog[];
  /** For how long the event has waited that has waited longest, in milliseconds; 0 where none waits. */
  readonly inboxLagMs: number;
  /** When the timer was due that has waited longest; undefined where none is overdue. */
  readonly oldestTimerDueAt: number | undefined;
  /** To {@link DEAD_LETTERS_COUNTED}, which stands for as many or more. */
  readonly deadLetters: number;
  /** Since when the message to an enabled webhook waits that has waited longest; undefined where none does. */
  readonly oldestMessageAt: number | undefined;
}

const DEAD_LETTERS_COUNTED = 1_000;
/** How long an answer about how everything runs waits for the store, before it is given without; longer than a decision would. */
export const HEALTH_WAITS_MS = SECOND_MS;

/** Whether everything runs: every server of the deployment, and how far behind their work is. */
export class HealthService {
  readonly #options: HealthOptions;

  constructor(options: HealthOptions) {
    this.#options = options;
  }

  /** While the store is away it tells of the server that was asked alone. */
  async get(call: Call): Promise<Health> {
    authorize(call, 'GetHealth');
    return this.look();
  }

  /** The same, for those who may know it. */
  async look(): Promise<Health> {
    const { store, node, clock } = this.#options;
    const at = clock.now();
    const own = { ...node.report(), seenAt: at };
    try {
      const asking = Promise.all([store.nodes.all(), this.#stored(at)]);
      const [nodes, stored] = await storeAnswerWithin(HEALTH_WAITS_MS, asking);
      const others = nodes.filter(({ id }) => id !== own.id);
      return { at, answeredBy: own.id, nodes: [...others, own].sort((a, b) => (a.id < b.id ? -1 : 1)), stored };
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      return { at, answeredBy: own.id, nodes: [own], stored: undefined };
    }
  }

  async #stored(at: number): Promise<StoredHealth> {
    const { store } = this.#options;
    const [revision, pending, [timer], { count: deadLetters }, message] = await Promise.all([
      store.configuration.revision(),
      store.events.oldestPending(),
      store.timers.due(at, 1),
      store.events.deadLetterBacklog(DEAD_LETTERS_COUNTED),
      oldestMessageAt(store),
    ]);
    const lanes = laneBacklogs(pending, this.#options.lanes);
    return {
      ...{ revision, lanes, deadLetters },
      inboxLagMs: inboxLagMs(lanes, at),
      oldestTimerDueAt: timer?.dueAt,
      oldestMessageAt: message,
    };
  }
}

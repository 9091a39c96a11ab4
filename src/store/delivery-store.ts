import type { Page, PageRequest } from './page.js';

/** `pending`: to be sent, or sent again. `failed`: given up, until it is replayed. */
export const DELIVERY_STATES = ['pending', 'delivered', 'failed'] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

/** One event on its way to one endpoint. */
export interface NewDelivery {
  /** `dlv_…`; grows with the time of its making. */
  readonly id: string;
  readonly endpointId: string;
  readonly eventId: string;
  readonly type: string;
  /** '' when the event is about no user. */
  readonly userId: string;
  /** What is sent, byte for byte, each time. */
  readonly body: string;
  readonly createdAt: number;
}

/** Names a delivery; one of another endpoint is none. */
export type DeliveryKey = Pick<NewDelivery, 'id' | 'endpointId'>;

export interface DeliveryAttempt {
  readonly at: number;
  readonly durationMs: number;
  /** What the endpoint answered; absent when it did not. */
  readonly status?: number;
  /** Why it counts as failed; absent when it does not. */
  readonly error?: string;
}

export interface Delivery extends NewDelivery {
  readonly state: DeliveryState;
  /** When it was made, or last replayed. */
  readonly pendingSince: number;
  /** Since then. */
  readonly attempts: number;
  /** While pending: when it is due. */
  readonly nextAttemptAt?: number;
  /** The newest {@link ATTEMPTS_KEPT}, oldest first. */
  readonly log: readonly DeliveryAttempt[];
  readonly finishedAt?: number;
}

export const ATTEMPTS_KEPT = 20;

/** A delivery that one worker has to itself until the lease lapses. */
export interface DeliveryClaim {
  readonly delivery: Delivery;
  readonly leaseEndsAt: number;
  /** The database's clock at the claim, in epoch milliseconds. */
  readonly now: number;
}

export interface ClaimOptions {
  readonly leaseMs: number;
  /** How much before its time it may be claimed: clocks differ. */
  readonly earlyMs: number;
}

/** What became of an attempt. */
export interface Recorded {
  readonly attempt: DeliveryAttempt;
  /** Pending: again at `nextAttemptAt`. */
  readonly state: DeliveryState;
  readonly nextAttemptAt?: number;
}

export interface DeliveryFilter {
  readonly endpointId: string;
  readonly state?: DeliveryState;
}

export interface DeliveryStore {
  /** Takes a pending delivery that is due, by moving its next attempt to the lease's end; undefined: somebody else has. */
  claim(key: DeliveryKey, options: ClaimOptions): Promise<DeliveryClaim | undefined>;
  /** Notes an attempt; false when the claim has lapsed and another took it, or it is gone: then nothing is noted. */
  record(claim: DeliveryClaim, recorded: Recorded): Promise<boolean>;
  /** Ids of an endpoint's pending deliveries that were due at or before that instant, longest first. */
  overdue(endpointId: string, dueAtOrBefore: number, limit: number): Promise<readonly string[]>;
  /** Newest first. */
  list(filter: DeliveryFilter, page: PageRequest): Promise<Page<Delivery>>;
  /** When the oldest pending one of an endpoint was made, or last replayed; undefined: none is pending. */
  oldestPendingAt(endpointId: string): Promise<number | undefined>;
  /** Makes an endpoint's deliveries failed that have been pending since before that instant; at most `limit`. Gives how many. */
  giveUp(endpointId: string, pendingSinceBefore: number, limit: number): Promise<number>;
  /** Drops those finished before that instant, and those of endpoints that are gone; at most `limit` of each. Gives how many. */
  purge(finishedBefore: number, limit: number): Promise<number>;
}

export interface DeliveryWriter {
  /** Inserts as pending, due at once. */
  add(deliveries: readonly NewDelivery[]): Promise<void>;
  /**
   * Makes deliveries of an endpoint pending again, due at `at`, with no attempts counted: those of these ids that are
   * not pending, or the oldest failed ones. At most `limit`; gives how many.
   */
  replay(endpointId: string, which: readonly string[] | 'failed', at: number, limit: number): Promise<number>;
}

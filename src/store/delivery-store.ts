import type { Page, PageRequest } from './page.js';

/** How a delivery stands. `pending`: to be sent, or sent again. `failed`: given up, unless it is replayed. */
export const DELIVERY_STATES = ['pending', 'delivered', 'failed'] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

/** One event that is to be brought to one endpoint. */
export interface NewDelivery {
  /** `dlv_…`, so that ids made later sort later. */
  readonly id: string;
  readonly endpointId: string;
  readonly eventId: string;
  readonly type: string;
  /** Whom the event is about; '' for nobody. */
  readonly userId: string;
  /** What is sent, the same bytes in each attempt. */
  readonly body: string;
  readonly createdAt: number;
}

/** Names a delivery of one endpoint: with another endpoint's id nothing is found. */
export type DeliveryKey = Pick<NewDelivery, 'id' | 'endpointId'>;

export interface DeliveryAttempt {
  readonly at: number;
  readonly durationMs: number;
  /** The HTTP status that the endpoint answered with; absent when it did not answer. */
  readonly status?: number;
  /** Why the attempt failed; absent when it did not. */
  readonly error?: string;
}

export interface Delivery extends NewDelivery {
  readonly state: DeliveryState;
  /** When the delivery was made, or last replayed. */
  readonly pendingSince: number;
  /** How many attempts were made since then. */
  readonly attempts: number;
  /** When the next attempt is due; absent unless it is pending. */
  readonly nextAttemptAt?: number;
  /** The newest {@link ATTEMPTS_KEPT} attempts, oldest first. */
  readonly log: readonly DeliveryAttempt[];
  readonly finishedAt?: number;
}

export const ATTEMPTS_KEPT = 20;

/** A delivery that no other worker may send until the lease lapses. */
export interface DeliveryClaim {
  readonly delivery: Delivery;
  readonly leaseEndsAt: number;
  /** The database's clock at the claim, in epoch milliseconds. */
  readonly now: number;
}

export interface ClaimOptions {
  readonly leaseMs: number;
  /** How much before it is due a delivery may be claimed, since clocks differ. */
  readonly earlyMs: number;
}

/** How an attempt went, and what that makes of the delivery. */
export interface Recorded {
  readonly attempt: DeliveryAttempt;
  /** The delivery's new state. If it is pending, it is due again at `nextAttemptAt`. */
  readonly state: DeliveryState;
  readonly nextAttemptAt?: number;
}

export interface DeliveryFilter {
  readonly endpointId: string;
  readonly state?: DeliveryState;
}

/** How deliveries to one endpoint stand. */
export interface DeliveryStanding {
  readonly endpointId: string;
  /** When its oldest pending delivery was made, or last replayed; absent when none is pending. */
  readonly oldestPendingAt?: number;
  /** When the newest of its deliveries that failed was given up; absent when none is kept that failed. */
  readonly lastFailedAt?: number;
}

export interface DeliveryStore {
  /** Claims a pending delivery that is due, by moving its next attempt to the end of the lease; undefined when it is not. */
  claim(key: DeliveryKey, options: ClaimOptions): Promise<DeliveryClaim | undefined>;
  /** Notes an attempt; false when the claim has lapsed and another took it, or it is gone: then nothing is noted. */
  record(claim: DeliveryClaim, recorded: Recorded): Promise<boolean>;
  /** Ids of an endpoint's pending deliveries that were due at or before that instant, longest first. */
  overdue(endpointId: string, dueAtOrBefore: number, limit: number): Promise<readonly string[]>;
  /** Newest first. */
  list(filter: DeliveryFilter, page: PageRequest): Promise<Page<Delivery>>;
  /** When an endpoint's oldest pending delivery was made, or last replayed; undefined when none is pending. */
  oldestPendingAt(endpointId: string): Promise<number | undefined>;
  /** Of every endpoint that there is, the one that was made first coming first. It reads two entries of an index for each. */
  standings(): Promise<readonly DeliveryStanding[]>;
  /** Ends as failed those deliveries of an endpoint that have been pending since before that instant; `limit` at most. Gives how many. */
  giveUp(endpointId: string, pendingSinceBefore: number, limit: number): Promise<number>;
  /** Drops deliveries that ended before that instant, and those of removed endpoints; `limit` of each at most. Gives how many. */
  purge(finishedBefore: number, limit: number): Promise<number>;
}

export interface DeliveryWriter {
  /** Inserts deliveries as pending and due at once. */
  add(deliveries: readonly NewDelivery[]): Promise<void>;
  /**
   * Makes an endpoint's deliveries pending again, due at `at` and without any attempts: those of the ids that are not
   * pending, or those that failed, oldest first. `limit` at most; gives how many.
   */
  replay(endpointId: string, which: readonly string[] | 'failed', at: number, limit: number): Promise<number>;
}

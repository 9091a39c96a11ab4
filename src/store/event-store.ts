import type { JsonObject } from '../core/values/json.js';
import type { PartitionRange } from '../core/values/partition.js';
import type { Page, PageRequest } from './page.js';

/** What a user did, ready for the inbox: validated, with every default filled in. */
export interface NewEvent {
  readonly id: string;
  readonly source: string;
  readonly userId: string;
  readonly action: string;
  /** Epoch milliseconds. */
  readonly occurredAt: number;
  readonly value: number;
  readonly properties: JsonObject;
  /** When this server took it in; also its place in a consistency token. */
  readonly receivedAt: number;
}

/** Names an event for ever: the user and the hash of user, source and id. */
export interface EventKey {
  readonly userId: string;
  readonly source: string;
  readonly id: string;
}

/** The durable inbox. */
export interface EventInbox {
  /**
   * Stores the events, each at most once by (user, source, id), in one statement or transaction: all are durable when
   * it resolves, none when it rejects. Gives, in their order, whether each is new; of two alike in one call the first
   * is. At most 1,000.
   */
  append(events: readonly NewEvent[]): Promise<readonly boolean[]>;
}

/** An event's way through the inbox. `batch` names the transaction that counted it. */
export type EventState =
  | { readonly state: 'pending' }
  | { readonly state: 'done'; readonly batch: string }
  | { readonly state: 'dead'; readonly reason: string }
  | { readonly state: 'unknown' };

export interface EventReader {
  /** What became of each, in their order. `unknown` when never seen, or forgotten after the retention. */
  states(keys: readonly EventKey[]): Promise<readonly EventState[]>;
  /** Of these users, those with a pending event received at or before that instant. */
  pendingUsers(userIds: readonly string[], receivedAtOrBefore: number): Promise<ReadonlySet<string>>;
  /** For each partition that has a pending event, when its oldest was received; ascending by partition. */
  oldestPending(): Promise<readonly { readonly partition: number; readonly receivedAt: number }[]>;
  /** Dead letters, oldest first. */
  deadLetters(page: PageRequest): Promise<Page<DeadLetter>>;
  deadLetterCount(): Promise<number>;
  /**
   * Forgets the keys of done events received before that instant, and days of actions no longer needed, in chunks of at
   * most `limit` rows; gives how many rows went. Called again until 0.
   */
  purge(options: PurgeOptions): Promise<number>;
}

export interface PurgeOptions {
  readonly receivedBefore: number;
  /** Per action the first day (days since 1970) still needed. */
  readonly keepDaysFrom: ReadonlyMap<string, number>;
  /** The same of actions not named. */
  readonly keepOtherDaysFrom: number;
  readonly limit: number;
}

export interface DeadLetter extends NewEvent {
  readonly reason: string;
}

/** What is done with events once they are in the inbox, inside a transaction. */
export interface InboxWriter {
  /**
   * Locks the lane's row until the transaction ends, so that two workers on one lane take turns. False when another
   * holds it for longer than 2 s: there is nothing to do here, the other one does it.
   */
  lockLane(lane: number): Promise<boolean>;
  /**
   * Pending events in these partitions, oldest first within a partition. It begins at `startAt` (a partition of the
   * range) and wraps around, so that a busy partition starves none. No watermark: an event that was committed late is
   * simply taken the next time.
   */
  take(range: PartitionRange, startAt: number, limit: number): Promise<readonly NewEvent[]>;
  /** Marks events as counted by this batch and drops their payload; their keys stay for the retention. */
  finish(events: readonly EventKey[], batch: string): Promise<void>;
  /** Puts one event aside as a dead letter, payload and all. */
  bury(event: EventKey, reason: string): Promise<void>;
  /** Makes dead letters pending again; gives how many were dead. */
  replay(keys: readonly EventKey[]): Promise<number>;
}

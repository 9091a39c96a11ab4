import type { EventName } from '../core/states/ledger.js';
import type { JsonObject } from '../core/values/json.js';
import type { PartitionRange } from '../core/values/partition.js';
import type { Page, PageRequest } from './page.js';

/** An event as the inbox takes it: validated, with every default filled in. */
export interface NewEvent {
  readonly id: string;
  readonly source: string;
  readonly userId: string;
  readonly action: string;
  /** Epoch milliseconds. */
  readonly occurredAt: number;
  /** Rounded to millionths, ±9·10¹² at most. */
  readonly value: number;
  readonly properties: JsonObject;
  /** The event of the same user that this one takes back; its action is '' then, or that of the other one. */
  readonly reverses?: EventName;
  /** When it was received, by the database's clock. Consistency tokens refer to it. */
  readonly receivedAt: number;
}

/** What names an event: by user, source and id it counts once. */
export interface EventKey extends EventName {
  readonly userId: string;
}

/** An event as it is stored, and what has become of it. */
export interface StoredEvent extends Omit<NewEvent, 'properties'> {
  /** `reversed`: another event has taken it back, and nothing else is known of it where it has not come yet. */
  readonly state: 'pending' | 'done' | 'dead' | 'reversed';
  /** Undefined where they were dropped. */
  readonly properties: JsonObject | undefined;
  /** The zone in whose days it was counted. */
  readonly dayZone: string;
}

/** An event that has been counted, with its place in the order in which events were taken. */
export interface KeptEvent extends StoredEvent {
  readonly place: number;
  /** A text of its key: of events of the same instant and place it is the order. */
  readonly key: string;
}

/** The durable inbox. */
export interface EventInbox {
  /**
   * Stores at most 1,000 events, each once by (user, source, id), in one statement or transaction: all are durable when it
   * resolves, none when it rejects. Gives for each, in their order, whether it is new; of two equal ones in a call the first
   * is. Events that were received at the same instant are taken in the order in which they came to be stored here.
   */
  append(events: readonly NewEvent[]): Promise<readonly boolean[]>;
}

/** How far an event has come in the inbox. `batch` names the transaction that counted it. */
export type EventState =
  | { readonly state: 'pending' }
  | { readonly state: 'done'; readonly batch: string }
  | { readonly state: 'dead'; readonly reason: string }
  | { readonly state: 'unknown' };

export interface EventReader {
  /** The events of these names, in their order; undefined for one that is not stored. */
  stored(keys: readonly EventKey[]): Promise<readonly (StoredEvent | undefined)[]>;
  /** The state of each event, in their order; `unknown` for one that was never stored, or forgotten after the retention. */
  states(keys: readonly EventKey[]): Promise<readonly EventState[]>;
  /** Those of these users who have a pending event that was received at or before that instant. */
  pendingUsers(userIds: readonly string[], receivedAtOrBefore: number): Promise<ReadonlySet<string>>;
  /** For each partition that has a pending event, when its oldest was received; ascending by partition. */
  oldestPending(): Promise<readonly { readonly partition: number; readonly receivedAt: number }[]>;
  /** Dead letters, oldest first. */
  deadLetters(page: PageRequest): Promise<Page<DeadLetter>>;
  deadLetterCount(): Promise<number>;
  /** Forgets done and reversed events received before that instant, `limit` rows at most; gives how many. Called again until 0. */
  purge(options: PurgeOptions): Promise<number>;
}

export interface PurgeOptions {
  readonly receivedBefore: number;
  readonly limit: number;
}

export interface DeadLetter extends NewEvent {
  readonly reason: string;
}

/** What is done with events once they are in the inbox, inside a transaction. */
export interface InboxWriter {
  /**
   * Locks the lane's row until the transaction ends, so that two workers on one lane take turns. False when another worker
   * holds it for longer than 2 s, and so does what there is to do.
   */
  lockLane(lane: number): Promise<boolean>;
  /**
   * Pending events in these partitions: within a partition by when they were received, then by their place in the call, then by
   * key. So of a user's pending events those that are taken come before those that are not. It begins at `startAt` (a partition of the
   * range) and wraps around, so that a busy partition starves none. Nothing remembers how far it came: an event that
   * is committed late is taken the next time.
   */
  take(range: PartitionRange, startAt: number, limit: number): Promise<readonly NewEvent[]>;
  /**
   * Marks events as counted by this batch, each in the days of its zone, UTC where it is left out. They stay for the retention, the
   * properties too unless the store drops these.
   */
  finish(events: readonly (EventKey & { readonly dayZone?: string })[], batch: string): Promise<void>;
  /** As {@link EventReader.stored}. */
  stored(keys: readonly EventKey[]): Promise<readonly (StoredEvent | undefined)[]>;
  /**
   * Has events count as nothing from now on, whatever has become of them. What they have counted as must be taken back by the caller.
   */
  reverse(events: readonly EventKey[]): Promise<void>;
  /**
   * Has events count as nothing that are not stored: it keeps their names, as if they had been received then, so that they are
   * duplicates when they come. One that has come meanwhile is reversed.
   */
  forestall(events: readonly (EventKey & { readonly receivedAt: number })[]): Promise<void>;
  /**
   * What is kept of a user's counted events of some actions, or of all: a page of at most `limit`, in the order of their keys, after the event of
   * that key.
   */
  kept(
    userId: string,
    actions: readonly string[] | undefined,
    page: { readonly after: string; readonly limit: number },
  ): Promise<readonly KeptEvent[]>;
  /** Drops what was sent with events that are done and were not counted, since their user was deleted after them: their keys stay. */
  forget(events: readonly EventKey[]): Promise<void>;
  /** Puts one event aside as a dead letter, payload and all. */
  bury(event: EventKey, reason: string): Promise<void>;
  /**
   * Makes dead letters pending again, as if they were received at that instant, in the order of the keys; gives how many of these
   * events were dead letters.
   */
  replay(keys: readonly EventKey[], receivedAt: number): Promise<number>;
}

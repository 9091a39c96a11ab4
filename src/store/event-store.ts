import type { EventName } from '../core/states/ledger.js';
import type { Earner } from '../core/states/user-state.js';
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
  /**
   * The organization that the event is of, as its producer or the person's verified token said; absent where neither did: then it is the
   * one that the user was a member of when it occurred.
   */
  readonly organizationId?: string;
  /** Of an event that counts for an organization, which then is its `userId`: the member who did it; '' once that user was deleted. */
  readonly contributor?: string;
  /** See {@link EventName}. */
  readonly contribution?: string;
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

/** An event of a user that counts for an organization, too. */
export interface Contribution {
  readonly event: NewEvent;
  readonly organizationId: string;
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
  /** Those of these users, or organizations as earners, that have a pending event which was received at or before that instant. */
  pendingUsers(userIds: readonly string[], receivedAtOrBefore: number, earner?: Earner): Promise<ReadonlySet<string>>;
  /** For each partition that has a pending event, when its oldest was received; ascending by partition. */
  oldestPending(): Promise<readonly { readonly partition: number; readonly receivedAt: number }[]>;
  /** How many events wait to be counted, of users and of organizations as earners; to `atMost`, which stands for as many or more. */
  pendingCount(atMost: number): Promise<number>;
  /** Dead letters, oldest first. */
  deadLetters(page: PageRequest): Promise<Page<DeadLetter>>;
  deadLetterCount(): Promise<number>;
  /** The same in bounds: no more than `atMost` are looked at, and of these alone is told when the oldest was received. */
  deadLetterBacklog(atMost: number): Promise<DeadLetterBacklog>;
  /**
   * Forgets done and reversed events received before that instant, `limit` rows at most; gives how many. Called again until 0. Of events
   * that count for organizations it forgets those of a day longer: they are gone before the user's own event is, which leads to them.
   */
  purge(options: PurgeOptions): Promise<number>;
}

export interface PurgeOptions {
  readonly receivedBefore: number;
  readonly limit: number;
}

export interface DeadLetterBacklog {
  readonly count: number;
  /** Absent where there is none, and where there may be more than were counted. */
  readonly oldestReceivedAt?: number;
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
  /** Drops what was sent with events that are done and were not counted, since their user was deleted after them: their keys stay. */
  forget(events: readonly EventKey[]): Promise<void>;
  /**
   * Has events count for organizations as well, received at that instant and in this order, in the transaction that counts them for
   * their users: so exactly once. The users must be locked. They are counted by the organizations' lanes. One that takes back another is
   * handed on only where that one was, to the same organization.
   */
  contribute(contributions: readonly Contribution[], receivedAt: number): Promise<void>;
  /** Puts one event aside as a dead letter, payload and all. */
  bury(event: EventKey, reason: string): Promise<void>;
  /**
   * Makes dead letters pending again, as if they were received at that instant, in the order of the keys; gives how many of these
   * events were dead letters.
   */
  replay(keys: readonly EventKey[], receivedAt: number): Promise<number>;
  /**
   * Gives dead letters up: they count as taken back, so that the same again is a duplicate, and what they carry goes. Gives how many of
   * these events were dead letters.
   */
  discard(keys: readonly EventKey[]): Promise<number>;
}

import type { AuditReader, AuditWriter } from './audit-store.js';
import type { BackfillReader, BackfillWriter } from './backfill-store.js';
import type { ConfigurationReader, ConfigurationWriter } from './configuration-store.js';
import type { DayStore, DayWriter } from './day-store.js';
import type { DeliveryStore, DeliveryWriter } from './delivery-store.js';
import type { DerivedStore } from './derived-store.js';
import type { EventInbox, EventReader, InboxWriter } from './event-store.js';
import type { Finder } from './finder.js';
import type { MemberReader } from './member-store.js';
import type { NodeStore } from './node-store.js';
import type { OnboardingStore } from './onboarding-store.js';
import type { OrganizationWriter } from './organization-store.js';
import type { OutboundReader, OutboundWriter } from './outbound-store.js';
import type { OutboxReader, OutboxWriter } from './outbox-store.js';
import type { SearchFill } from './search-fill.js';
import type { TokenReader, TokenWriter } from './token-store.js';
import type { UserPages } from './user-pages.js';
import type { EarnerWriter, StateReader, TimerReader, TimerWriter, UserHistory, UserWriter } from './user-store.js';
import type { VersionReader, VersionWriter } from './version-store.js';
import type { VolumeStore } from './volume-store.js';
import type { WebhookReader, WebhookWriter } from './webhook-store.js';

export type { Page, PageRequest } from './page.js';

/**
 * Everything durable, by role. Reads outside of a transaction see committed rows only.
 *
 * A store that is away or too slow rejects with {@link StoreUnavailable}. Any other rejection is a defect, and has the
 * driver's error.
 */
export interface Store {
  readonly configuration: ConfigurationReader;
  readonly states: StateReader;
  readonly userPages: UserPages;
  readonly members: MemberReader;
  readonly history: UserHistory;
  readonly finder: Finder;
  readonly searchFill: SearchFill;
  readonly onboarding: OnboardingStore;
  readonly inbox: EventInbox;
  readonly events: EventReader;
  readonly days: DayStore;
  readonly volume: VolumeStore;
  readonly derived: DerivedStore;
  readonly timers: TimerReader;
  readonly outbox: OutboxReader;
  readonly backfills: BackfillReader;
  readonly outbound: OutboundReader;
  readonly webhooks: WebhookReader;
  readonly deliveries: DeliveryStore;
  readonly nodes: NodeStore;
  readonly tokens: TokenReader;
  readonly audit: AuditReader;
  readonly versions: VersionReader;

  /**
   * Runs `work` in one transaction at READ COMMITTED and commits when it resolves; a rejection rolls back and is
   * passed on. After a deadlock, a lock timeout or a busy database everything is rolled back and `work` runs again
   * from the start, up to ten times: it must change nothing but the store. Do nothing slow inside it.
   */
  transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T>;

  /** The database's clock, in epoch milliseconds: the clock of workers and timers. */
  now(): Promise<number>;

  /** The epoch's name: a restore from a backup begins another one, by which tokens of the former are recognised. */
  epoch(): Promise<string>;

  /** The deployment's id, a UUID, which is made with the database and never changes. */
  deployment(): Promise<string>;

  /** Resolves when the store answers a trivial query. */
  ping(): Promise<void>;

  /**
   * Resolves when the store takes writes. It changes nothing but where a write has failed for the store since the last check:
   * then it writes a row, since a full disk refuses no write that changes nothing.
   */
  checkWriting(): Promise<void>;

  close(): Promise<void>;
}

/**
 * A transaction. Calls take effect in the order in which they are made, whether or not the caller waits for one before
 * making the next: calls that are made without waiting in between cost one round trip together.
 *
 * Locks are taken in one order everywhere, so that nothing deadlocks by design: lane, organizations by id, users by
 * (partition, id), organizations as earners likewise, flags by id, the configuration's revision, from when days are kept, webhooks by id, and backfills last.
 */
export interface Transaction {
  readonly configuration: ConfigurationWriter;
  readonly users: UserWriter;
  readonly organizations: OrganizationWriter;
  /** As this transaction sees them. */
  readonly members: MemberReader;
  readonly earners: EarnerWriter;
  readonly inbox: InboxWriter;
  readonly days: DayWriter;
  readonly timers: TimerWriter;
  readonly outbox: OutboxWriter;
  readonly backfills: BackfillWriter;
  readonly outbound: OutboundWriter;
  readonly webhooks: WebhookWriter;
  readonly deliveries: DeliveryWriter;
  readonly tokens: TokenWriter;
  readonly audit: AuditWriter;
  readonly versions: VersionWriter;
  /** The database's clock, in epoch milliseconds. */
  now(): Promise<number>;
}

/** The store cannot be reached, or did not answer in time. */
export class StoreUnavailable extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'StoreUnavailable';
  }
}

import type { AnnouncedType } from '../core/flags/announcement.js';
import type { JsonObject } from '../core/values/json.js';

/** An announcement: something happened that a webhook wants to be told of. */
export interface OutboundEvent {
  /** `evt_…`; the same however often it is sent. */
  readonly id: string;
  readonly type: AnnouncedType;
  /** Whom it is about; '' for nobody. */
  readonly userId: string;
  /** A user's id, or a flag's key. */
  readonly subject: string;
  /** Epoch milliseconds. */
  readonly at: number;
  /** Never a secret, never a user's attributes. */
  readonly data: JsonObject;
}

export interface TakenEvent extends OutboundEvent {
  readonly position: number;
}

export interface OutboundReader {
  /** Whether any event has no deliveries yet. */
  waiting(): Promise<boolean>;
  /** When the first such event happened; undefined when there is none. */
  oldestAt(): Promise<number | undefined>;
  /** Positions of the oldest such events; `limit` at most. */
  positions(limit: number): Promise<readonly number[]>;
}

/** Which events, by their positions. */
export type WhichEvents = { readonly only: readonly number[] } | { readonly except: readonly number[] };

/** Events are written in the transaction that makes them true, and removed in the one that makes their deliveries. */
export interface OutboundWriter {
  append(events: readonly OutboundEvent[]): Promise<void>;
  /**
   * Locks and gives the oldest events that no other transaction has; at most `limit`, all or those named. No watermark: one that was
   * committed late is simply taken the next time.
   */
  take(limit: number, which?: WhichEvents): Promise<readonly TakenEvent[]>;
  /** Removes events that this transaction has taken. */
  drop(events: readonly TakenEvent[]): Promise<void>;
}

import type { AnnouncedType } from '../core/flags/announcement.js';

/** Where events are sent. */
export interface WebhookEndpoint {
  /** `whe_…` */
  readonly id: string;
  readonly url: string;
  readonly description: string;
  /** At least one. */
  readonly types: readonly AnnouncedType[];
  /** A disabled one is sent nothing; what is pending for it waits. */
  readonly enabled: boolean;
  /** Of a disabled one: since when. */
  readonly disabledAt?: number;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** A key to sign with, as it was shown: `whsec_…`. */
export interface WebhookSecret {
  readonly secret: string;
  /** Epoch milliseconds from which it signs no more; absent: for good. */
  readonly expiresAt?: number;
}

export interface SigningEndpoint extends WebhookEndpoint {
  /** Newest first. */
  readonly secrets: readonly WebhookSecret[];
}

export interface WebhookReader {
  /** All, oldest first; without secrets. */
  list(): Promise<readonly WebhookEndpoint[]>;
  /** With its secrets; undefined when there is none. */
  signing(id: string): Promise<SigningEndpoint | undefined>;
}

/** Changes of endpoints raise the configuration's revision in the same transaction: what is announced hangs on them. */
export interface WebhookWriter {
  /** All, held against change until the transaction ends. */
  holdAll(): Promise<readonly WebhookEndpoint[]>;
  /** Locked against change; undefined when there is none. */
  lock(id: string): Promise<SigningEndpoint | undefined>;
  count(): Promise<number>;
  /** Inserts, or replaces by id. */
  put(endpoint: SigningEndpoint): Promise<void>;
  remove(id: string): Promise<void>;
}

import type { AnnouncedType } from '../core/flags/announcement.js';

/** An endpoint that events are sent to, without its secrets. */
export interface WebhookEndpoint {
  /** `whe_…` */
  readonly id: string;
  readonly url: string;
  readonly description: string;
  /** The types of events that are sent to it; at least one. */
  readonly types: readonly AnnouncedType[];
  /** Whether anything is sent to it. While it is disabled, its pending deliveries wait. */
  readonly enabled: boolean;
  /** Since when it is disabled; absent when it is enabled. */
  readonly disabledAt?: number;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** A secret that messages are signed with, in the form in which it was shown: `whsec_…`. */
export interface WebhookSecret {
  readonly secret: string;
  /** When it ceases to sign, in epoch milliseconds; absent for the newest one, which does not. */
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

/**
 * Changes of endpoints. All but {@link WebhookWriter.putSecrets} say what is announced: their transaction has raised the
 * configuration's revision before it locks an endpoint.
 */
export interface WebhookWriter {
  /** All endpoints, which cannot change until the transaction ends. */
  holdAll(): Promise<readonly WebhookEndpoint[]>;
  /** The endpoint, locked until the transaction ends; undefined when there is none. */
  lock(id: string): Promise<SigningEndpoint | undefined>;
  count(): Promise<number>;
  /** Inserts, or replaces by id. */
  put(endpoint: SigningEndpoint): Promise<void>;
  /** Replaces the secrets of an endpoint that is there. What is announced stays, so that no server has to hear of it. */
  putSecrets(endpoint: Pick<SigningEndpoint, 'id' | 'secrets' | 'updatedAt'>): Promise<void>;
  remove(id: string): Promise<void>;
}

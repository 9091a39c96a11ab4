/** A message to an endpoint, and where to send it. */
export interface WebhookMessage {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export type Sent =
  | {
      readonly kind: 'answered';
      readonly status: number;
      /** How long the endpoint asks to wait before the next message; absent where it does not. */
      readonly retryAfterMs?: number;
      readonly durationMs: number;
    }
  | {
      readonly kind: 'failed';
      /** What went wrong, for the log of deliveries: without anything that was sent or answered. */
      readonly error: string;
      readonly durationMs: number;
    };

/**
 * Sends messages to URLs that operators choose, which must not become a way into this network: it connects to allowed
 * addresses alone, follows no redirects, and keeps to limits of time and size.
 */
export interface WebhookSender {
  /** What is wrong with the text of an endpoint's URL, and what to do about it; undefined when nothing is. */
  faultOf(url: string): string | undefined;
  /** Sends a message, once. Whether its address may be connected to is decided each time. Never rejects. */
  send(message: WebhookMessage): Promise<Sent>;
}

/** What is sent, once, to an endpoint. */
export interface WebhookMessage {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export type Sent =
  | {
      readonly kind: 'answered';
      readonly status: number;
      /** How long the endpoint asks to be left alone, where it says so. */
      readonly retryAfterMs?: number;
      readonly durationMs: number;
    }
  | {
      readonly kind: 'failed';
      /** For the delivery log; holds nothing of what was sent, and nothing that was answered. */
      readonly error: string;
      readonly durationMs: number;
    };

/**
 * Sends messages to addresses that operators name, which must not become a way into this network: only to where it may,
 * never further than asked (no redirects), within limits of time and size.
 */
export interface WebhookSender {
  /** What is wrong with an endpoint's address as far as its text tells, with what to do; undefined when nothing is. */
  faultOf(url: string): string | undefined;
  /** Never rejects. Whether the address may be reached is decided anew each time. */
  send(message: WebhookMessage): Promise<Sent>;
}

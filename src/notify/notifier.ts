/** Something changed; servers that hold it in a cache set the revision as a floor and load again. */
export type Notice =
  /** The configuration reached this revision. */
  | { readonly kind: 'configuration'; readonly revision: number }
  /** These users reached these revisions. */
  | { readonly kind: 'users'; readonly users: readonly RevisionOf[] }
  /** This organization reached this revision. */
  | { readonly kind: 'organizations'; readonly organizations: readonly RevisionOf[] }
  /** Machine tokens were made or revoked. */
  | { readonly kind: 'tokens' };

export interface RevisionOf {
  readonly id: string;
  readonly revision: number;
}

/** What a subscriber is told of the connection itself. */
export type NotifierState = 'connected' | 'disconnected';

/**
 * Tells every server what changed, at most once and without order: each subscriber also polls, or bounds the age of what
 * it holds. A notice reaches the server that published it too.
 */
export interface Notifier {
  /** Best effort: resolves within 250 ms whether or not it was sent, and never rejects. */
  publish(notice: Notice): Promise<void>;
  /**
   * Calls `listener` for each notice from now on; `onState` at once with the present state, and on each change of it.
   * After `connected` following `disconnected`, notices may have been missed. Malformed messages are dropped.
   */
  subscribe(listener: (notice: Notice) => void, onState: (state: NotifierState) => void): Promise<Unsubscribe>;
  close(): Promise<void>;
}

export type Unsubscribe = () => Promise<void>;

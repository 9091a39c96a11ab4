/** Says that something changed: a server that has it in its cache takes nothing older than the revision, and loads it again. */
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

/** Whether notices of other servers arrive. */
export type NotifierState = 'connected' | 'disconnected';

/**
 * Tells every server what changed, the one that publishes included. A notice arrives at most once, in any order, and may be
 * lost: so a subscriber also polls, or keeps nothing for long.
 */
export interface Notifier {
  /** Resolves within 250 ms, whether or not the notice could be sent, and never rejects. */
  publish(notice: Notice): Promise<void>;
  /**
   * Calls `listener` for each notice from now on; calls `onState` with the present state, and whenever the state changes.
   * While it was `disconnected`, notices may have been missed. Malformed messages are dropped.
   */
  subscribe(listener: (notice: Notice) => void, onState: (state: NotifierState) => void): Promise<Unsubscribe>;
  close(): Promise<void>;
}

export type Unsubscribe = () => Promise<void>;

/** What tabs of the console tell each other. */
export type TabMessage =
  | { readonly type: 'signed-in'; readonly callerId: string }
  | { readonly type: 'signed-out' }
  /** Asks whether another tab keeps a draft; one that does answers. */
  | { readonly type: 'who-keeps-drafts' | 'keeps-drafts' }
  /** The session was used. */
  | { readonly type: 'used' };

/** Named after the path, since two deployments may share an origin. */
const channel = new BroadcastChannel(`latchkey:${new URL(document.baseURI).pathname}`);

/** Tells all other tabs. */
export function tellTabs(message: TabMessage): void {
  channel.postMessage(message);
}

/** Hears what other tabs tell, until the function that it gives is called. */
export function hearTabs(heard: (message: TabMessage) => void): () => void {
  const listener = ({ data }: MessageEvent<TabMessage>) => heard(data);
  channel.addEventListener('message', listener);
  return () => channel.removeEventListener('message', listener);
}

import { apiUrl } from './api.js';
import type { LiveEvent, LiveName } from './live-event.js';
import { currentSession } from './session.js';
import { sessionRenewed } from './session-end.js';

/** Whether the stream is open: `live`; or since when it is not, in epoch milliseconds. */
export type LiveState = 'starting' | 'live' | { readonly pausedAt: number };

type Told =
  | { readonly type: 'event'; readonly event: LiveEvent; readonly id: string }
  | { readonly type: 'state'; readonly state: LiveState; readonly id: string }
  | { readonly type: 'ask' };

const NAMES: readonly LiveName[] = ['configuration', 'backfill', 'audit', 'unlock', 'counters', 'reset'];
const SECOND_MS = 1_000;
const LONGEST_WAIT_MS = 30 * SECOND_MS;

/** Both are named after the path, since two deployments may share an origin. */
const NAME = `latchkey:live:${new URL(document.baseURI).pathname}`;
const events = new Set<(event: LiveEvent) => void>();
const states = new Set<() => void>();
let state: LiveState = 'starting';
/** The id of the last event: whichever tab opens the next stream has it go on after that, so that nothing between is missed. */
let last = '';

/** Hears what happens, until the function that it gives is called. */
export function hearLive(heard: (event: LiveEvent) => void): () => void {
  events.add(heard);
  return () => events.delete(heard);
}

export function onLiveState(listener: () => void): () => void {
  states.add(listener);
  return () => states.delete(listener);
}

export function liveState(): LiveState {
  return state;
}

/**
 * Follows what happens at the server, until the function that it gives is called. All tabs of a browser have one stream between them,
 * since a browser opens no more than six connections to an origin: the tab that holds the lock holds the stream, and tells the others.
 */
export function followLive(): () => void {
  const end = new AbortController();
  const channel = new BroadcastChannel(NAME);
  let leading = false;
  const here = (told: Told): void => {
    if ('id' in told && told.id !== '') last = told.id;
    if (told.type === 'event') for (const heard of events) heard(told.event);
    if (told.type === 'state') become(told.state);
    // A tab that has just opened asks how it is.
    if (told.type === 'ask' && leading) channel.postMessage({ type: 'state', state, id: last } satisfies Told);
  };
  const everywhere = (told: Told): void => {
    here(told);
    channel.postMessage(told);
  };
  channel.addEventListener('message', ({ data }: MessageEvent<Told>) => here(data));
  channel.postMessage({ type: 'ask' } satisfies Told);
  navigator.locks
    .request(NAME, { signal: end.signal }, async () => {
      leading = true;
      await lead(everywhere, end.signal);
    })
    .catch(() => undefined);
  return () => {
    end.abort();
    channel.close();
  };
}

function become(next: LiveState): void {
  state = next;
  for (const listener of states) listener();
}

/** Holds the stream until `signal` is aborted; opens it again when the server ended it, or was away. */
async function lead(tell: (told: Told) => void, signal: AbortSignal): Promise<void> {
  let waitMs = SECOND_MS;
  while (!signal.aborted) {
    const opened = await oneStream(tell, signal);
    if (signal.aborted) return;
    if (typeof state === 'string') tell({ type: 'state', state: { pausedAt: Date.now() }, id: last });
    waitMs = opened ? SECOND_MS : Math.min(waitMs * 2, LONGEST_WAIT_MS);
    // A stream does not tell why it was refused. Nobody being signed in is told over the page, and ends with signing in.
    if (!opened && (await isNobody())) await sessionRenewed(signal).catch(() => undefined);
    await pause(waitMs * (0.5 + Math.random()), signal);
  }
}

async function isNobody(): Promise<boolean> {
  return currentSession().then(
    (session) => session === undefined,
    () => false,
  );
}

/** Reads a stream to its end. Gives whether it was opened. */
function oneStream(tell: (told: Told) => void, signal: AbortSignal): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const goesOnAfter = last;
  const query = goesOnAfter === '' ? '' : `?resume_token=${encodeURIComponent(goesOnAfter)}`;
  const source = new EventSource(`${apiUrl('/api/admin/stream')}${query}`);
  let opened = false;
  const end = (): void => {
    signal.removeEventListener('abort', end);
    source.close();
    resolve(opened);
  };
  signal.addEventListener('abort', end, { once: true });
  source.addEventListener('open', () => {
    opened = true;
    tell({ type: 'state', state: 'live', id: last });
    // What happened before a stream that goes on after nothing, nobody was told.
    if (goesOnAfter === '') tell({ type: 'event', event: { name: 'reset', data: {} }, id: '' });
  });
  // The browser's own ways to come back end where an answer is refused; so they are not used at all.
  source.addEventListener('error', end);
  source.addEventListener('end', end);
  for (const name of NAMES) {
    source.addEventListener(name, ({ data, lastEventId: id }: MessageEvent<string>) => {
      tell({ type: 'event', event: { name, data: JSON.parse(data) } as LiveEvent, id });
    });
  }
  return promise;
}

/** Waits; not at all once the browser says that it is connected again. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const done = (): void => {
    clearTimeout(timer);
    removeEventListener('online', done);
    signal.removeEventListener('abort', done);
    resolve();
  };
  const timer = setTimeout(done, ms);
  addEventListener('online', done, { once: true });
  signal.addEventListener('abort', done, { once: true });
  return promise;
}

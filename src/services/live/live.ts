import { type Call, confinedTo } from '../../calls/caller.js';
import type { Clock } from '../../calls/clock.js';
import { unavailable } from '../../calls/errors.js';
import { type OpenReaders, readerOf } from '../../calls/open-readers.js';
import { authorize } from '../../calls/permissions.js';
import type { ConfigurationKeeper } from '../../configuration/configuration-keeper.js';
import type { ConfigurationChange } from '../../configuration/configuration-log.js';
import type { Snapshot } from '../../core/snapshot/snapshot.js';
import { HOUR_MS, SECOND_MS } from '../../core/values/time/time.js';
import type { Store } from '../../store/store.js';
import { ConfigurationFeed } from '../streaming/configuration-feed.js';
import { newBacklog } from '../streaming/event-queue.js';
import type { Watching } from '../streaming/event-stream.js';
import type { LiveNews, LiveSink } from './live-event.js';
import { decodeLivePosition, type LivePosition } from './live-position.js';
import { LiveSources, type LiveSourcesOptions } from './live-sources.js';
import { LiveStream } from './live-stream.js';
import { storedChange, touched } from './touched-configuration.js';

export interface LiveOptions extends Omit<LiveSourcesOptions, 'streams'> {
  readonly store: LiveSourcesOptions['store'] & Pick<Store, 'configuration' | 'epoch'>;
  readonly keeper: Pick<ConfigurationKeeper, 'snapshot' | 'loaded'>;
  readonly clock: Clock;
  readonly readers: OpenReaders;
  readonly heartbeatMs: number;
}

/** How old a resume token may be. */
const RESUMABLE_MS = 23 * HOUR_MS;
const TICK_MS = SECOND_MS / 2;

/**
 * The streams of the administration that are open in this process: each tells whoever administers the platform, or an organization, what
 * happens. Nothing is read and nothing is kept while none is open.
 */
export class LiveService {
  readonly #options: LiveOptions;
  readonly #streams = new Set<LiveStream>();
  readonly #feed: ConfigurationFeed;
  readonly #sources: LiveSources;
  readonly #backlog = newBacklog();
  #epoch = '';
  #ticking: NodeJS.Timeout | undefined;
  #closed: boolean = false;

  constructor(options: LiveOptions) {
    this.#options = options;
    const { keeper, clock } = options;
    this.#feed = new ConfigurationFeed(keeper.snapshot, clock, (change) => this.#announce(change));
    this.#sources = new LiveSources({ ...options, streams: () => this.#streams });
  }

  /** How many are open now. */
  get size(): number {
    return this.#streams.size;
  }

  /** About how many bytes are held back for readers that do not keep up. */
  get backlog(): number {
    return this.#backlog.waiting;
  }

  /**
   * Opens a stream of what happens, as far as the caller may know it. Rejects with LIMITED when too many streams are open, with UNAVAILABLE
   * while the store is away.
   */
  async watch(
    call: Call,
    { resumeToken, sink }: { readonly resumeToken: string; readonly sink: LiveSink },
  ): Promise<Watching> {
    authorize(call, 'WatchAdmin');
    const { store, readers, keeper, clock } = this.#options;
    this.#epoch ||= await store.epoch();
    if (this.#closed) throw unavailable('the server stops; connect again');
    if (!keeper.loaded) throw unavailable('no configuration has been loaded yet; try again');
    readers.requireRoom({ reader: readerOf(call) });
    const now = clock.now();
    const given = decodeLivePosition(resumeToken);
    const from = given?.epoch === this.#epoch && given.at > now - RESUMABLE_MS ? given : undefined;
    const stream = new LiveStream(this.#here(now), {
      ...{ call, scope: confinedTo(call.caller), sink, backlog: this.#backlog },
      onEnd: () => this.#ended(stream),
    });
    stream.sentAt = now;
    this.#begin();
    this.#streams.add(stream);
    readers.add(stream);
    // Its place is free at once where the reader goes while it joins.
    call.signal?.addEventListener('abort', () => stream.close(), { once: true });
    try {
      await this.#join(stream, from, resumeToken !== '' && from === undefined);
    } catch (error) {
      stream.close();
      throw error;
    }
    return { writable: () => stream.writable(), close: () => stream.close() };
  }

  /** A new snapshot is in place. */
  configurationChanged(snapshot: Snapshot): void {
    this.#feed.swap(snapshot);
  }

  /** Another epoch began: what was told in the former one is void, and all streams begin anew. */
  restart(): void {
    this.#epoch = '';
    this.#sources.forget();
    for (const stream of this.#streams) {
      // One that is joining has begun by what was there before: its reader connects again.
      if (!stream.joined) {
        stream.end('failed');
        continue;
      }
      stream.joined = false;
      this.#join(stream, undefined, true).catch((error: unknown) => {
        this.#options.onError(error);
        stream.end('failed');
      });
    }
  }

  /** Ends all streams; none is opened any more. */
  close(): void {
    this.#closed = true;
    this.#rest();
    for (const stream of this.#streams) stream.end('draining');
  }

  #here(now: number): LivePosition {
    const configuration = this.#feed.log.snapshot.revision;
    return { epoch: this.#epoch, configuration, at: now, audit: { floor: 0, told: [] } };
  }

  /** Tells a stream what its reader missed, and from then on what happens. */
  async #join(stream: LiveStream, from: LivePosition | undefined, reset: boolean): Promise<void> {
    const { store, keeper, clock } = this.#options;
    this.#epoch ||= await store.epoch();
    const { log } = this.#feed;
    const reached = from === undefined || log.reaches(from.configuration);
    // Of an organization's administrators it is not known whether they knew then of what changed.
    const stored =
      reached || stream.scope !== ''
        ? undefined
        : await storedChange(store.configuration, from.configuration, keeper.snapshot);
    await this.#sources.join(stream, from, ({ entries, backfills, mark }) => {
      const now = clock.now();
      const lost = reset || entries === undefined || !(reached || stored !== undefined);
      if (lost) {
        stream.advance({ ...this.#here(now), audit: mark });
        stream.send({ type: 'reset' }, now);
      } else if (from === undefined) {
        stream.advance({ ...this.#here(now), audit: mark });
      } else {
        // Until all is told, an event's token says where the reader was of what comes after it.
        stream.advance({ ...from, epoch: this.#epoch });
        if (stored !== undefined) this.#tellConfiguration(stream, stored.change, now);
        const since = Math.max(from.configuration, stored?.revision ?? 0);
        this.#tellConfiguration(stream, log.since(since, from.at, now), now);
        for (const { news, audit } of entries) stream.send(news, now, { audit });
      }
      for (const backfill of backfills) stream.send({ type: 'backfill', backfill }, now);
      stream.joined = true;
      stream.send({ type: 'heartbeat' }, now, { audit: mark });
    });
  }

  #tellConfiguration(stream: LiveStream, change: ConfigurationChange, now: number): void {
    const news = touched(stream, change);
    const configuration = this.#feed.log.snapshot.revision;
    if (news === undefined) stream.advance({ configuration });
    else stream.send(news, now, { configuration });
  }

  #announce(change: ConfigurationChange): void {
    const now = this.#options.clock.now();
    for (const stream of this.#streams) if (stream.joined) this.#tellConfiguration(stream, change, now);
  }

  #ended(stream: LiveStream): void {
    this.#streams.delete(stream);
    this.#options.readers.delete(stream);
    this.#sources.left();
    if (this.#streams.size === 0) this.#rest();
  }

  /** Begins to listen, if this is the first stream. */
  #begin(): void {
    if (this.#ticking !== undefined) return;
    this.#feed.begin();
    this.#ticking = setInterval(() => this.#tick(), TICK_MS).unref();
  }

  #rest(): void {
    clearInterval(this.#ticking);
    this.#ticking = undefined;
    this.#feed.rest();
    this.#sources.forget();
  }

  #tick(): void {
    const now = this.#options.clock.now();
    this.#feed.lookAtWindows();
    this.#sources.tick(now);
    const beat: LiveNews = { type: 'heartbeat' };
    for (const stream of this.#streams) {
      if (!stream.joined || now - stream.sentAt < this.#options.heartbeatMs * stream.patience) continue;
      stream.send(beat, now);
    }
  }
}

import type { Call } from '../../calls/caller.js';
import type { Clock } from '../../calls/clock.js';
import { invalid, limited, unavailable } from '../../calls/errors.js';
import { type OpenReaders, type Reader, readerOf } from '../../calls/open-readers.js';
import { authorize } from '../../calls/permissions.js';
import type { ConfigurationKeeper } from '../../configuration/configuration-keeper.js';
import type { ConfigurationChange } from '../../configuration/configuration-log.js';
import type { Snapshot } from '../../core/snapshot/snapshot.js';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../core/values/time/time.js';
import type { RevisionOf } from '../../notify/notifier.js';
import type { StateSources } from '../../store/state-source.js';
import type { Store } from '../../store/store.js';
import { ownTarget, requireOwnStream } from '../access/caller-reach.js';
import type { Target } from '../access/target.js';
import type { Authentication } from '../tokens/authentication.js';
import { ConfigurationFeed } from './configuration-feed.js';
import { newBacklog } from './event-queue.js';
import { EventStream, type StreamSink, type Watching } from './event-stream.js';
import { NamedOrganizations } from './named-organizations.js';
import { decodeResumeToken, type StreamPosition } from './resume-token.js';
import type { StreamTickets, Ticket } from './stream-tickets.js';
import { UserChannels } from './user-channels.js';

export interface StreamOptions {
  readonly store: Pick<Store, 'outbox' | 'states' | 'epoch'>;
  readonly states: StateSources;
  readonly keeper: ConfigurationKeeper;
  readonly clock: Clock;
  readonly tickets: StreamTickets;
  readonly authentication: Pick<Authentication, 'isGood'>;
  readonly readers: OpenReaders;
  readonly heartbeatMs: number;
  readonly onError: (error: unknown) => void;
}

export interface WatchInput {
  /** The user to watch; '' for the configuration alone. */
  readonly userId: string;
  /** The token after whose event to begin; '' to begin now. */
  readonly resumeToken: string;
  readonly sink: StreamSink;
  /** After how many milliseconds without an event there is a heartbeat, where that is sooner than for all streams. */
  readonly mostQuietMs?: number;
  /**
   * Whether every write of the user and of their organization is told, as `reset`, and so is that time may have changed an answer: for
   * whoever is answered more than what is on.
   */
  readonly tellsWrites?: boolean;
}

/** What else there is to know of a stream that is opened. */
interface Following {
  readonly tellsWrites?: boolean;
  /** The organization that the caller names by itself, whose writes are told as `reset`; '' for none. */
  readonly organizationId?: string | undefined;
}

/** How old a resume token may be: the outbox is kept for a day, and its oldest rows may be purged while they are read. */
const RESUMABLE_MS = 23 * HOUR_MS;
const SWEEP_MS = SECOND_MS;
const MAX_STREAMS_OF_USER = 50;
const TICKET_MS = MINUTE_MS;

/** The streams that are open in this process. Each tells of changes of the configuration and of one user as they happen. */
export class StreamService {
  readonly #options: StreamOptions;
  readonly #streams = new Set<EventStream>();
  readonly #feed: ConfigurationFeed;
  readonly #channels: UserChannels;
  readonly #named: NamedOrganizations;
  readonly #backlog = newBacklog();
  #epoch = '';
  #sweeping: NodeJS.Timeout | undefined;
  #closed: boolean = false;

  constructor(options: StreamOptions) {
    this.#options = options;
    const { store, states, keeper, clock, onError } = options;
    this.#feed = new ConfigurationFeed(keeper.snapshot, clock, (change) => this.#announce(change));
    this.#channels = new UserChannels({
      ...{ store, cached: states, onError },
      present: () => {
        const { log, windowsAt } = this.#feed;
        return { log, epoch: this.#epoch, now: clock.now(), windowsAt };
      },
    });
    const { organizations } = states;
    this.#named = new NamedOrganizations({ organizations, onWrite: (stream) => this.#tellOfOrganization(stream) });
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
   * Opens a stream of the configuration and, where a user is named, of that user. Rejects with NOT_FOUND for a user whom the
   * caller may not name, with LIMITED when too many streams are open, with UNAVAILABLE while the store is away. Where a person's JWT
   * names an organization in which they are not stored, writes of that are told as `reset`.
   */
  async watch(call: Call, input: WatchInput): Promise<Watching> {
    authorize(call, 'Watch');
    await requireOwnStream(call, input.userId, this.#options.states.users);
    const { organizationId } = call.caller.kind === 'person' ? ownTarget(call, input.userId).context : {};
    const { tellsWrites = false } = input;
    return this.#open(readerOf(call), input, { organizationId, tellsWrites });
  }

  /**
   * Opens a stream of whatever may change a caller's decisions for a target, whose user '' is nobody in particular: of every write of
   * the user and of their organization, be it the stored one or that of the context, as `reset`, and not only of the flips that it made.
   * It is for whoever may ask for those decisions. Rejects as {@link watch} does.
   */
  async watchAnswers(call: Call, { userId, context }: Target, sink: StreamSink): Promise<Watching> {
    authorize(call, 'ListFlagsForUser');
    if (userId !== '') await requireOwnStream(call, userId, this.#options.states.users);
    const { organizationId } = context;
    return this.#open(readerOf(call), { userId, resumeToken: '', sink }, { tellsWrites: true, organizationId });
  }

  /**
   * What has changed of the configuration within so many milliseconds, for whoever may have missed it; every flag, where this server does
   * not know as it has run for less.
   */
  changedWithin(ms: number): ConfigurationChange {
    const now = this.#options.clock.now();
    return this.#feed.log.lately(now - ms, now);
  }

  /**
   * Opens the stream that a ticket is for; undefined for a ticket that {@link readTicket} cannot read, and for one whose token, or session,
   * is no longer good. Rejects as {@link watch} does.
   */
  async watchByTicket(ticket: string, input: Omit<WatchInput, 'userId'>): Promise<Watching | undefined> {
    const opened = this.readTicket(ticket);
    if (opened === undefined) return undefined;
    const { tokenId } = opened.reader;
    // A JWT has none: the ticket expires with it.
    if (tokenId !== '' && !(await this.#options.authentication.isGood(tokenId))) return undefined;
    return this.#open(opened.reader, { ...input, userId: opened.userId });
  }

  /** What a ticket says, be its token good or not; undefined for one that has expired, or that this deployment did not make. */
  readTicket(ticket: string): Ticket | undefined {
    return this.#options.tickets.open(ticket, this.#options.clock.now());
  }

  /** Makes a ticket with which one user's stream, as people see it, can be opened within a minute. */
  async ticket(call: Call, userId: string): Promise<{ readonly ticket: string; readonly expiresAt: number }> {
    authorize(call, 'Watch');
    if (userId === '') throw invalid('a ticket is for the stream of a user; name one');
    await requireOwnStream(call, userId, this.#options.states.users);
    const reader = { ...readerOf(call), people: true };
    const expiresAt = Math.min(this.#options.clock.now() + TICKET_MS, reader.endsAt);
    return { ticket: this.#options.tickets.seal({ userId, expiresAt, reader }), expiresAt };
  }

  /** A notice: these users were written. */
  usersChanged(users: readonly RevisionOf[]): void {
    this.#channels.usersChanged(users);
  }

  /** A notice: these organizations were written. */
  organizationsChanged(organizations: readonly RevisionOf[]): void {
    this.#channels.organizationsChanged(organizations.map(({ id }) => id));
    this.#named.changed(organizations);
  }

  /** A new snapshot is in place. */
  configurationChanged(snapshot: Snapshot): void {
    this.#feed.swap(snapshot);
    this.#channels.lookAtAll();
  }

  /** Another epoch began: what was told in the former one is void, and all streams begin anew. */
  restart(): void {
    this.#epoch = '';
    for (const stream of this.#streams) {
      if (stream.position.userId !== '') continue;
      void this.#nowOn(stream).catch(this.#options.onError);
    }
    this.#channels.restart();
    this.#named.restart();
  }

  /** Ends all streams; none is opened any more. */
  close(): void {
    this.#closed = true;
    clearInterval(this.#sweeping);
    this.#channels.close();
    this.#feed.rest();
    for (const stream of this.#streams) stream.end('draining');
  }

  async #open(reader: Reader, input: WatchInput, following: Following = {}): Promise<Watching> {
    const { userId, resumeToken, sink, mostQuietMs } = input;
    const { store, readers } = this.#options;
    this.#epoch ||= await store.epoch();
    if (this.#closed) throw unavailable('the server stops; connect again');
    if (!this.#options.keeper.loaded) throw unavailable('no configuration has been loaded yet; try again');
    readers.requireRoom({ reader, ofUser: userId !== '' });
    if (userId !== '' && this.#channels.streamsOf(userId) >= MAX_STREAMS_OF_USER) {
      throw limited(`${MAX_STREAMS_OF_USER} streams of this user are open here, which is the most; close one`);
    }
    this.#begin();
    const now = this.#options.clock.now();
    const given = resumeToken === '' ? undefined : decodeResumeToken(resumeToken, userId);
    const usable = given?.epoch === this.#epoch && given.at > now - RESUMABLE_MS;
    const from = usable ? given : undefined;
    const reset = resumeToken !== '' && from === undefined;
    const here = this.#here(userId);
    const stream = new EventStream(reader, here, {
      ...{ ...following, sink, mostQuietMs },
      backlog: this.#backlog,
      onEnd: () => this.#ended(stream),
    });
    stream.sentAt = now;
    this.#streams.add(stream);
    readers.add(stream);
    this.#named.add(stream);
    if (userId !== '') {
      this.#channels.join(userId, { stream, from, reset });
    } else {
      if (reset) stream.send({ type: 'reset' }, here, now);
      const change = from && this.#feed.log.since(from.configuration, from.at, now);
      if (change !== undefined && change.all.size > 0) {
        stream.send({ type: 'configuration', flagKeys: [...change.all] }, here, now);
      }
      stream.send({ type: 'heartbeat' }, here, now);
    }
    return { writable: () => stream.writable(), close: () => stream.close() };
  }

  #here(userId: string): StreamPosition {
    const { log, windowsAt } = this.#feed;
    const configuration = log.snapshot.revision;
    return { epoch: this.#epoch, configuration, outbox: 0, at: windowsAt, organization: '', userId };
  }

  async #nowOn(stream: EventStream): Promise<void> {
    this.#epoch ||= await this.#options.store.epoch();
    stream.send({ type: 'reset' }, this.#here(''), this.#options.clock.now());
  }

  #ended(stream: EventStream): void {
    this.#streams.delete(stream);
    this.#options.readers.delete(stream);
    this.#named.delete(stream);
    if (this.#streams.size === 0) this.#rest();
    this.#channels.leave(stream.position.userId, stream);
  }

  /** The organization that the stream's caller names was written. What the stored user's streams hear of it is not told once more. */
  #tellOfOrganization(stream: EventStream): void {
    const { position, organizationId } = stream;
    const channel = this.#channels.get(position.userId);
    // A stream that has not joined its channel yet is told to begin when it does.
    if (position.userId !== '' && !channel?.streams.has(stream)) return;
    if (channel?.organizationId !== organizationId) stream.send({ type: 'reset' }, position, this.#options.clock.now());
  }

  /** Begins to listen, if this is the first stream. */
  #begin(): void {
    if (this.#sweeping !== undefined) return;
    this.#feed.begin();
    this.#sweeping = setInterval(() => this.#sweep(), SWEEP_MS);
    this.#sweeping.unref();
  }

  #rest(): void {
    clearInterval(this.#sweeping);
    this.#sweeping = undefined;
    this.#feed.rest();
  }

  #announce({ all, visible }: ConfigurationChange): void {
    const now = this.#options.clock.now();
    const { revision } = this.#feed.log.snapshot;
    const news = [all, visible].map((keys) => ({ type: 'configuration', flagKeys: [...keys] }) as const);
    for (const stream of this.#streams) {
      // A stream of a user that has not joined its channel yet is told when it joins.
      if (stream.position.userId !== '' && !this.#channels.get(stream.position.userId)?.streams.has(stream)) continue;
      const one = news[stream.reader.people ? 1 : 0]!;
      const position = { ...stream.position, configuration: revision };
      if (one.flagKeys.length > 0) stream.send(one, position, now);
      else stream.position = position;
    }
  }

  /** Runs once a second: tells of windows, looks for users whose notices were lost, sends heartbeats. */
  #sweep(): void {
    const now = this.#options.clock.now();
    this.#feed.lookAtWindows();
    this.#channels.sweep();
    this.#named.sweep(now).catch(this.#options.onError);
    for (const stream of this.#streams) {
      if (stream.isQuiet(now, this.#options.heartbeatMs)) this.#beat(stream, now);
    }
  }

  #beat(stream: EventStream, now: number): void {
    const { userId } = stream.position;
    const channel = this.#channels.get(userId);
    if (channel !== undefined && !channel.streams.has(stream)) return;
    const { windowsAt } = this.#feed;
    const at = channel === undefined ? windowsAt : channel.toldAt(windowsAt);
    stream.send({ type: 'heartbeat' }, { ...stream.position, at, outbox: channel?.position ?? 0 }, now);
  }
}

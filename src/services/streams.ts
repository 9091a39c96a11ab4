import { nextWindowChange } from '../core/configuration-changes.js';
import { quote } from '../core/json.js';
import { faultOfName } from '../core/names.js';
import type { Snapshot } from '../core/snapshot.js';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../core/time.js';
import type { RevisionOf } from '../notify/notifier.js';
import type { StateSources } from '../store/state-source.js';
import type { Store } from '../store/store.js';
import { type Call, confinedTo } from './caller.js';
import type { Clock } from './clock.js';
import type { ConfigurationKeeper } from './configuration-keeper.js';
import { type ConfigurationChange, ConfigurationLog } from './configuration-log.js';
import { DueQueue } from './due-queue.js';
import { invalid, limited, notFound, unavailable } from './errors.js';
import { type Backlog, EventStream } from './event-stream.js';
import type { OpenReaders } from './open-readers.js';
import { requireOwnUser } from './own-user.js';
import { authorize } from './permissions.js';
import { type Reader, readerOf } from './reader.js';
import { decodeResumeToken, type StreamPosition } from './resume-token.js';
import { lookAtOrganizations } from './stream-checks.js';
import type { StreamSink, Watching } from './stream-event.js';
import { StreamRounds } from './stream-rounds.js';
import type { StreamTickets, Ticket } from './stream-tickets.js';
import { UserChannel } from './user-channel.js';

export interface StreamOptions {
  readonly store: Pick<Store, 'outbox' | 'states' | 'epoch'>;
  readonly states: StateSources;
  readonly keeper: ConfigurationKeeper;
  readonly clock: Clock;
  readonly tickets: StreamTickets;
  readonly readers: OpenReaders;
  readonly heartbeatMs: number;
  readonly onError: (error: unknown) => void;
}

export interface WatchInput {
  /** '': the configuration alone. */
  readonly userId: string;
  /** '': from now on. */
  readonly resumeToken: string;
  readonly sink: StreamSink;
}

/** The outbox is kept for a day; what is nearly as old may be purged while it is read. */
const RESUMABLE_MS = 23 * HOUR_MS;
/** A notice that was lost is made up for within 5 s. */
const READ_AGAIN_MS = 3_500;
const SWEEP_MS = SECOND_MS;
/** What a write may have changed of when to look again is found out this much later: a busy user costs no more. */
const LOOK_AFTER_MS = 250;
const CHECK_ORGANIZATIONS_MS = 4 * SECOND_MS;
const MAX_STREAMS_OF_USER = 50;
const MAX_WAITING_OF_STREAM = 1_000;
const MAX_WAITING_OF_PROCESS = 200_000;
const TICKET_MS = MINUTE_MS;

/** The streams that are open in this process: what changed of the configuration, and of each one's user, as it happens. */
export class StreamService {
  readonly #options: StreamOptions;
  readonly #streams = new Set<EventStream>();
  readonly #channels = new Map<string, UserChannel>();
  readonly #log: ConfigurationLog;
  readonly #rounds: StreamRounds;
  readonly #looks: DueQueue<UserChannel>;
  readonly #windows: DueQueue<'windows'>;
  readonly #backlog: Backlog = { waiting: 0, maxOfStream: MAX_WAITING_OF_STREAM, maxOfProcess: MAX_WAITING_OF_PROCESS };
  #epoch = '';
  #windowsAt: number;
  #checkedAt = 0;
  #sweeping: NodeJS.Timeout | undefined;
  #closed: boolean = false;

  constructor(options: StreamOptions) {
    this.#options = options;
    const { store, states, keeper, clock, onError } = options;
    const now = (): number => clock.now();
    this.#log = new ConfigurationLog(keeper.snapshot);
    this.#windowsAt = now();
    this.#windows = new DueQueue<'windows'>(now, () => this.#announceWindows());
    this.#looks = new DueQueue<UserChannel>(now, (channel) => this.#look(channel, true));
    this.#rounds = new StreamRounds({
      ...{ store, cached: states, onError },
      present: () => ({ log: this.#log, epoch: this.#epoch, now: now(), windowsAt: this.#windowsAt }),
      onServed: (channel) => this.#served(channel),
    });
  }

  /** How many are open now. */
  get size(): number {
    return this.#streams.size;
  }

  /**
   * Opens a stream of the configuration and, where one is named, of a user. Rejects with NOT_FOUND for a user whom the
   * caller may not name, with LIMITED when too many are open, with UNAVAILABLE while the store is away.
   */
  async watch(call: Call, input: WatchInput): Promise<Watching> {
    authorize(call, 'Watch');
    await this.#requireOwn(call, input.userId);
    return this.#open(readerOf(call), input);
  }

  /** Opens the stream that a ticket is for; undefined for one that has expired or that nobody here has made. */
  async watchByTicket(ticket: string, input: Omit<WatchInput, 'userId'>): Promise<Watching | undefined> {
    const opened = this.readTicket(ticket);
    if (opened === undefined) return undefined;
    return this.#open(opened.reader, { ...input, userId: opened.userId });
  }

  readTicket(ticket: string): Ticket | undefined {
    return this.#options.tickets.open(ticket, this.#options.clock.now());
  }

  /** A ticket that opens one user's stream, as people see it, within a minute. */
  async ticket(call: Call, userId: string): Promise<{ readonly ticket: string; readonly expiresAt: number }> {
    authorize(call, 'Watch');
    if (userId === '') throw invalid('a ticket is for the stream of a user; name one');
    await this.#requireOwn(call, userId);
    const reader = { ...readerOf(call), people: true };
    const expiresAt = Math.min(this.#options.clock.now() + TICKET_MS, reader.endsAt);
    return { ticket: this.#options.tickets.seal({ userId, expiresAt, reader }), expiresAt };
  }

  /** A notice: these users were written. */
  usersChanged(users: readonly RevisionOf[]): void {
    const lookAt = this.#options.clock.now() + LOOK_AFTER_MS;
    for (const { id, revision } of users) {
      const channel = this.#channels.get(id);
      if (channel === undefined) continue;
      channel.revision = Math.max(channel.revision, revision);
      channel.written = true;
      this.#rounds.ask(channel, true);
      if (channel.nextLookAt <= lookAt) continue;
      channel.nextLookAt = lookAt;
      this.#looks.set(channel, lookAt);
    }
  }

  /** A notice: these organizations were written. */
  organizationsChanged(ids: readonly string[]): void {
    if (this.#channels.size === 0) return;
    const changed = new Set(ids);
    for (const channel of this.#channels.values()) {
      if (changed.has(channel.organizationId)) this.#look(channel, true);
    }
  }

  /** A new snapshot is in place. */
  configurationChanged(snapshot: Snapshot): void {
    const change = this.#log.swap(snapshot);
    this.#windows.set('windows', this.#streams.size === 0 ? Infinity : nextWindowChange(snapshot, this.#windowsAt));
    if (this.#streams.size === 0) return;
    this.#announce(change);
    for (const channel of this.#channels.values()) this.#look(channel, false);
  }

  /** The store began another life: what was told of the former one is void. */
  restart(): void {
    this.#epoch = '';
    for (const stream of this.#streams) {
      if (stream.position.userId !== '') continue;
      void this.#nowOn(stream).catch(this.#options.onError);
    }
    for (const channel of this.#channels.values()) {
      channel.restart();
      this.#rounds.ask(channel, true);
    }
  }

  /** Ends all streams; none is opened any more. */
  close(): void {
    this.#closed = true;
    clearInterval(this.#sweeping);
    this.#rounds.close();
    this.#looks.clear();
    this.#windows.clear();
    for (const stream of this.#streams) stream.end('draining');
  }

  async #requireOwn(call: Call, userId: string): Promise<void> {
    if (userId === '') {
      if (call.caller.kind === 'person') throw notFound('people watch themselves');
      return;
    }
    const fault = faultOfName('userId', userId);
    if (fault !== undefined) throw invalid(fault);
    if (call.caller.kind === 'person' || confinedTo(call.caller) === '') {
      if (call.caller.kind === 'person' && call.caller.userId !== userId) throw notFound(`no user ${quote(userId)}`);
      return;
    }
    const demand = call.deadline === undefined ? {} : { deadline: call.deadline };
    const held = await this.#options.states.users.load([userId], demand);
    requireOwnUser(call, held.get(userId)!.state);
  }

  async #open(reader: Reader, { userId, resumeToken, sink }: WatchInput): Promise<Watching> {
    const { store, readers } = this.#options;
    this.#epoch ||= await store.epoch();
    if (this.#closed) throw unavailable('the server stops; connect again');
    if (!this.#options.keeper.loaded) throw unavailable('no configuration has been loaded yet; try again');
    readers.requireRoom();
    const channel = userId === '' ? undefined : this.#channelOf(userId);
    if (channel !== undefined && channel.streams.size + channel.joining.length >= MAX_STREAMS_OF_USER) {
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
      sink,
      backlog: this.#backlog,
      onEnd: () => this.#ended(stream, channel),
    });
    stream.sentAt = now;
    this.#streams.add(stream);
    readers.add(stream);
    if (channel !== undefined) {
      channel.joining.push({ stream, from, reset });
      this.#look(channel, true);
    } else {
      if (reset) stream.send({ type: 'reset' }, here, now);
      const change = from && this.#log.since(from.configuration, from.at, now);
      if (change !== undefined && change.all.size > 0) {
        stream.send({ type: 'configuration', flagKeys: [...change.all] }, here, now);
      }
      stream.send({ type: 'heartbeat' }, here, now);
    }
    return { writable: () => stream.writable(), close: () => stream.close() };
  }

  #here(userId: string): StreamPosition {
    const { revision } = this.#log.snapshot;
    return { epoch: this.#epoch, configuration: revision, outbox: 0, at: this.#windowsAt, organization: '', userId };
  }

  async #nowOn(stream: EventStream): Promise<void> {
    this.#epoch ||= await this.#options.store.epoch();
    stream.send({ type: 'reset' }, this.#here(''), this.#options.clock.now());
  }

  #channelOf(userId: string): UserChannel {
    const known = this.#channels.get(userId);
    if (known !== undefined) return known;
    const made = new UserChannel(userId);
    this.#channels.set(userId, made);
    return made;
  }

  #look(channel: UserChannel, urgent: boolean): void {
    channel.wantsLook = true;
    this.#rounds.ask(channel, urgent);
  }

  #served(channel: UserChannel): void {
    if (channel.isEmpty) this.#forget(channel);
    else if (!channel.wantsLook) this.#looks.set(channel, channel.nextLookAt);
  }

  #forget(channel: UserChannel): void {
    this.#looks.delete(channel);
    if (this.#channels.get(channel.userId) === channel) this.#channels.delete(channel.userId);
  }

  #ended(stream: EventStream, channel: UserChannel | undefined): void {
    this.#streams.delete(stream);
    this.#options.readers.delete(stream);
    if (this.#streams.size === 0) this.#rest();
    if (channel === undefined) return;
    channel.streams.delete(stream);
    channel.joining = channel.joining.filter((joining) => joining.stream !== stream);
    // One that is being served right now is looked at again when it has been.
    if (channel.isEmpty) this.#rounds.ask(channel, false);
  }

  /** The first stream: what nobody listened to has been missed by nobody. */
  #begin(): void {
    if (this.#sweeping !== undefined) return;
    this.#windowsAt = this.#options.clock.now();
    this.#windows.set('windows', nextWindowChange(this.#log.snapshot, this.#windowsAt));
    this.#sweeping = setInterval(() => this.#sweep(), SWEEP_MS);
    this.#sweeping.unref();
  }

  #rest(): void {
    clearInterval(this.#sweeping);
    this.#sweeping = undefined;
    this.#windows.clear();
  }

  #announce({ all, visible }: ConfigurationChange): void {
    const now = this.#options.clock.now();
    const { revision } = this.#log.snapshot;
    const news = [all, visible].map((keys) => ({ type: 'configuration', flagKeys: [...keys] }) as const);
    for (const stream of this.#streams) {
      // Those that join are told when they do.
      if (stream.position.userId !== '' && !this.#channels.get(stream.position.userId)?.streams.has(stream)) continue;
      const one = news[stream.reader.people ? 1 : 0]!;
      const position = { ...stream.position, configuration: revision };
      if (one.flagKeys.length > 0) stream.send(one, position, now);
      else stream.position = position;
    }
  }

  #announceWindows(): void {
    const now = this.#options.clock.now();
    const change = this.#log.since(this.#log.snapshot.revision, this.#windowsAt, now);
    this.#windowsAt = now;
    if (change.all.size > 0) this.#announce(change);
    this.#windows.set('windows', nextWindowChange(this.#log.snapshot, now));
  }

  /** Once a second: windows, heartbeats, users whose notices may have been lost. */
  #sweep(): void {
    const now = this.#options.clock.now();
    this.#announceWindows();
    for (const channel of this.#channels.values()) {
      if (now - channel.readAt >= READ_AGAIN_MS) this.#rounds.ask(channel, false);
    }
    for (const stream of this.#streams) {
      if (now - stream.sentAt >= this.#options.heartbeatMs) this.#beat(stream, now);
    }
    if (now - this.#checkedAt < CHECK_ORGANIZATIONS_MS) return;
    this.#checkedAt = now;
    const { states, onError } = this.#options;
    const look = (channel: UserChannel): void => this.#look(channel, false);
    lookAtOrganizations(this.#channels, states.organizations, look).catch(onError);
  }

  #beat(stream: EventStream, now: number): void {
    const { userId } = stream.position;
    const channel = this.#channels.get(userId);
    if (channel !== undefined && !channel.streams.has(stream)) return;
    const at = channel === undefined ? this.#windowsAt : channel.toldAt(this.#windowsAt);
    stream.send({ type: 'heartbeat' }, { ...stream.position, at, outbox: channel?.position ?? 0 }, now);
  }
}

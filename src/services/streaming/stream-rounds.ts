import { setTimeout as sleep } from 'node:timers/promises';
import { EventLoopPauses } from '../../calls/event-loop-pauses.js';
import { earnerDaysOf, type Snapshot } from '../../core/snapshot/snapshot.js';
import { hasDaysOf, type UserState } from '../../core/states/user-state.js';
import type { PlacedChange } from '../../store/outbox-store.js';
import type { StateSources } from '../../store/state-source.js';
import { type Store, StoreUnavailable } from '../../store/store.js';
import type { Joining, RoundReading, UserChannel } from './user-channel.js';

export interface RoundsOptions {
  readonly store: Pick<Store, 'outbox' | 'states'>;
  readonly cached: StateSources;
  /** The part of a reading that is the same for all users. */
  readonly present: () => Omit<RoundReading, 'user' | 'organization'>;
  /** A channel was served, or found to be empty: it may have to be dropped, and its next look may be due at another time. */
  readonly onServed: (channel: UserChannel) => void;
  readonly onError: (error: unknown) => void;
}

/** How many users one round serves: one statement reads the outbox for all of them. */
const ROUND_SIZE = 200;
/** How many of them are users without news, at least, however many users with news wait. */
const ROUTINE_SHARE = 50;
/** The pause after a round in which nobody could be served, in milliseconds. */
const PAUSE_MS = 500;
/** In how many rounds in a row a user may fail to be read. Then the user's streams are ended: their readers would wait for nothing. */
const MOST_FAILURES = 3;

interface Turn {
  readonly channel: UserChannel;
  readonly joining: readonly Joining[];
  readonly looks: boolean;
}

interface ServedWith {
  readonly rows: readonly PlacedChange[];
  readonly reading: RoundReading | undefined;
  readonly settled: boolean;
}

/**
 * Serves users' channels in rounds, many users by each query: a round tells what the outbox has for them, then what time
 * flipped. There is one round at a time, so that nothing of a user is told twice or out of order. Channels that are known to
 * have news go before those that are only looked at now and then.
 */
export class StreamRounds {
  readonly #options: RoundsOptions;
  readonly #urgent = new Set<UserChannel>();
  readonly #routine = new Set<UserChannel>();
  /** In how many rounds in a row a channel has failed. */
  readonly #failures = new WeakMap<UserChannel, number>();
  #running: boolean = false;
  #closed: boolean = false;

  constructor(options: RoundsOptions) {
    this.#options = options;
  }

  /** Has the channel served in a round soon. A channel that is asked for while it is served is served once more. */
  ask(channel: UserChannel, urgent: boolean): void {
    if (this.#closed) return;
    if (urgent) this.#urgent.add(channel);
    else if (!this.#urgent.has(channel)) this.#routine.add(channel);
    if (this.#running) return;
    this.#running = true;
    // Deferred, so that one round takes all the users whom a notice names.
    setImmediate(() => void this.#run());
  }

  close(): void {
    this.#closed = true;
    this.#urgent.clear();
    this.#routine.clear();
  }

  async #run(): Promise<void> {
    while (!this.#closed && this.#urgent.size + this.#routine.size > 0) {
      const turns = this.#take();
      const open = new Set(turns);
      let failed: readonly Turn[] = turns;
      try {
        failed = await this.#serveApart(turns, open);
      } catch (error) {
        this.#options.onError(error);
        for (const turn of open) this.#again(turn);
      }
      for (const { channel } of turns) channel.isLookedAt = false;
      if (turns.length > 0 && failed.length === turns.length) await sleep(PAUSE_MS, undefined, { ref: false });
    }
    this.#running = false;
  }

  /**
   * Serves these turns. Where that fails, each half of them is served by itself, and so on, until a user fails alone: so no user is
   * kept from news by another one. Takes from `open` what is done; gives the turns that failed. Rejects with `StoreUnavailable`,
   * which is nobody's fault.
   */
  async #serveApart(turns: readonly Turn[], open: Set<Turn>): Promise<readonly Turn[]> {
    try {
      const failed = await this.#serve(turns);
      for (const turn of turns) open.delete(turn);
      return failed;
    } catch (error) {
      if (error instanceof StoreUnavailable) throw error;
      const [turn, ...others] = turns;
      if (others.length > 0) {
        const half = Math.ceil(turns.length / 2);
        const first = await this.#serveApart(turns.slice(0, half), open);
        return [...first, ...(await this.#serveApart(turns.slice(half), open))];
      }
      open.delete(turn!);
      this.#fail(turn!, error);
      return turns;
    }
  }

  /** A user could not be read: tries again in the next round, or gives up. */
  #fail(turn: Turn, error: unknown): void {
    const failures = (this.#failures.get(turn.channel) ?? 0) + 1;
    this.#failures.set(turn.channel, failures);
    if (failures < MOST_FAILURES) this.#again(turn);
    else this.#giveUp(turn, error);
  }

  #giveUp({ channel, joining }: Turn, error: unknown): void {
    this.#options.onError(error);
    this.#failures.delete(channel);
    channel.end(joining, 'failed');
    this.#options.onServed(channel);
  }

  #take(): readonly Turn[] {
    const turns: Turn[] = [];
    const urgentShare = ROUND_SIZE - Math.min(ROUTINE_SHARE, this.#routine.size);
    for (const [set, most] of [
      [this.#urgent, urgentShare],
      [this.#routine, ROUND_SIZE],
    ] as const) {
      for (const channel of set) {
        if (turns.length === most) break;
        set.delete(channel);
        this.#routine.delete(channel);
        if (channel.isEmpty) {
          this.#options.onServed(channel);
          continue;
        }
        turns.push({ channel, joining: channel.joining.splice(0), looks: channel.wantsLook });
        channel.isLookedAt = channel.wantsLook;
        // Cleared before the states are read: a look that is wanted from now on is for the next round.
        channel.wantsLook = false;
      }
    }
    return turns;
  }

  /** Leaves to the next round what this one could not do. */
  #again({ channel, joining, looks }: Turn): void {
    channel.joining.unshift(...joining);
    if (looks) channel.wantsLook = true;
    this.#urgent.add(channel);
  }

  /** Serves turns, and gives those that failed by themselves. Rejects only before any is served. */
  async #serve(turns: readonly Turn[]): Promise<readonly Turn[]> {
    if (turns.length === 0) return [];
    const { epoch, log } = this.#options.present();
    const { derivations } = log.snapshot;
    // For a look, states are read before the outbox: every write that such a state holds then has its row among those read.
    const looking = turns.filter(({ looks }) => looks).map(({ channel }) => channel);
    const before = await this.#users(looking, new Map());
    const rows = await this.#rows(turns);

    const floors = new Map<string, number>();
    const settled: Turn[] = [];
    const late: Turn[] = [];
    for (const turn of turns) {
      const { channel } = turn;
      const newest = Math.max(0, ...(rows.get(channel)?.map(({ revision }) => revision) ?? []));
      const state = before.get(channel.userId);
      if (state !== undefined && state.revision >= newest) settled.push(turn);
      else if (newest > 0 || rows.has(channel)) {
        late.push(turn);
        floors.set(channel.userId, newest);
      } else this.#options.onServed(channel);
    }
    const after = await this.#users(
      late.map(({ channel }) => channel),
      floors,
    );
    const readingOf = await this.#readingsOf(new Map([...before, ...after]), { epoch, derivations });
    // Every user is a look at every flag, and calls of others have to be answered meanwhile.
    const pauses = new EventLoopPauses({});
    const failed: Turn[] = [];
    for (const turn of [...settled, ...late]) {
      const { channel } = turn;
      channel.isLookedAt = false;
      try {
        this.#serveOne(turn, {
          rows: rows.get(channel) ?? [],
          reading: readingOf(channel),
          settled: !floors.has(channel.userId),
        });
      } catch (error) {
        this.#giveUp(turn, error);
        failed.push(turn);
      }
      if (pauses.due(this.#options.present().log.snapshot.flags.size + 1)) await pauses.take();
    }
    return failed;
  }

  #serveOne(turn: Turn, { rows, reading, settled }: ServedWith): void {
    const { channel, joining } = turn;
    if (reading !== undefined) {
      channel.serve(rows, joining, reading, settled);
      this.#failures.delete(channel);
    }
    if (!settled) channel.wantsLook = true;
    if (reading === undefined) this.#again(turn);
    else if (!settled) this.#again({ ...turn, joining: [] });
    this.#options.onServed(channel);
  }

  async #rows(turns: readonly Turn[]): Promise<ReadonlyMap<UserChannel, readonly PlacedChange[]>> {
    const channels = new Map(turns.map(({ channel }) => [channel.userId, channel]));
    const from = turns.map(({ channel, joining }) => [channel.userId, channel.readFrom(joining)] as const);
    const readAt = this.#options.present().now;
    const rows = await this.#options.store.outbox.since(new Map(from));
    for (const { channel } of turns) channel.readAt = readAt;
    return Map.groupBy(rows, ({ userId }) => channels.get(userId)!);
  }

  /** The channels' users: from the cache where that is recent enough, else from the store, which is asked once. */
  async #users(
    channels: readonly UserChannel[],
    floors: ReadonlyMap<string, number>,
  ): Promise<ReadonlyMap<string, UserState>> {
    const { cached, store, present } = this.#options;
    const { windowedActions } = present().log.snapshot;
    const users = new Map<string, UserState>();
    const missing: string[] = [];
    for (const { userId, revision } of channels) {
      const held = cached.users.peek(userId, windowedActions);
      const floor = Math.max(revision, floors.get(userId) ?? 0);
      if (held !== undefined && !held.stale && held.state.revision >= floor) users.set(userId, held.state);
      else missing.push(userId);
    }
    if (missing.length === 0) return users;
    const wanted = new Map(channels.map((channel) => [channel.userId, { channel, revision: channel.revision }]));
    for (const [id, state] of await store.states.users(missing, windowedActions)) {
      users.set(id, state);
      // A notice told of more than the store has: from now on the store's word counts, until another notice comes.
      const { channel, revision } = wanted.get(id)!;
      if (channel.revision === revision && state.revision < revision) channel.revision = state.revision;
    }
    return users;
  }

  /**
   * Gives each channel's reading, as of the moment at which it is asked for; undefined for a channel whose user was not read as it
   * must be, and where another epoch has begun since.
   */
  async #readingsOf(
    users: ReadonlyMap<string, UserState>,
    { epoch, derivations }: { readonly epoch: string; readonly derivations: Snapshot['derivations'] },
  ) {
    const ids = new Set([...users.values()].map(({ organizationId }) => organizationId));
    ids.delete('');
    const daysOf = earnerDaysOf(this.#options.present().log.snapshot);
    const organizations = await this.#options.cached.organizations.load(
      [...ids],
      daysOf === undefined ? {} : { daysOf },
    );
    return ({ userId }: UserChannel): RoundReading | undefined => {
      const common = this.#options.present();
      const user = users.get(userId);
      if (user === undefined || common.epoch !== epoch) return undefined;
      // Rules may window more by now than when the user was read, and actions be derived otherwise.
      const { snapshot } = common.log;
      if (!hasDaysOf(user, snapshot.windowedActions) || snapshot.derivations !== derivations) return undefined;
      return { ...common, user, organization: organizations.get(user.organizationId)?.state };
    };
  }
}

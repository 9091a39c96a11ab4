import { SECOND_MS } from '../../core/values/time.js';
import type { RevisionOf } from '../../notify/notifier.js';
import { DueQueue } from './due-queue.js';
import type { EventStream } from './event-stream.js';
import { type RoundsOptions, StreamRounds } from './stream-rounds.js';
import { type Joining, UserChannel } from './user-channel.js';

/** A notice that was lost is made up for within 5 s: who was changed lately is read for all users at once. */
const READ_NEWEST_MS = 3_500;
/** A change is found by the instant of its transaction, which committed later than that; by far most within so long. */
const LONG_TRANSACTION_MS = 15 * SECOND_MS;
/** Beyond that the users are asked for one by one. */
const MOST_CHANGES = 10_000;
/** Whoever has not been read for so long is, whatever transactions there were. */
const READ_AGAIN_MS = 60 * SECOND_MS;
const CHECK_ORGANIZATIONS_MS = 4 * SECOND_MS;

export type UserChannelsOptions = Omit<RoundsOptions, 'onServed'>;

/** The users with open streams: when each is to be served, because of a notice, of time, or in case a notice was lost. */
export class UserChannels {
  readonly #options: UserChannelsOptions;
  readonly #channels = new Map<string, UserChannel>();
  readonly #rounds: StreamRounds;
  readonly #looks: DueQueue<UserChannel>;
  #checkedOrganizationsAt = 0;
  #readNewestAt: number | undefined;
  #readingNewest: boolean = false;

  constructor(options: UserChannelsOptions) {
    this.#options = options;
    this.#looks = new DueQueue<UserChannel>(
      () => this.#now(),
      (channel) => this.#askForLook(channel, true),
    );
    this.#rounds = new StreamRounds({ ...options, onServed: (channel) => this.#served(channel) });
  }

  /** The user's, if anybody watches them. */
  get(userId: string): UserChannel | undefined {
    return this.#channels.get(userId);
  }

  /** How many streams of this user are open, or about to be. */
  streamsOf(userId: string): number {
    const channel = this.#channels.get(userId);
    return channel === undefined ? 0 : channel.streams.size + channel.joining.length;
  }

  /** A stream of the user is told what it missed, and takes part from then on. */
  join(userId: string, joining: Joining): void {
    let channel = this.#channels.get(userId);
    if (channel === undefined) {
      channel = new UserChannel(userId);
      this.#channels.set(userId, channel);
    }
    channel.joining.push(joining);
    this.#askForLook(channel, true);
  }

  /** A stream of the user has ended. */
  leave(userId: string, stream: EventStream): void {
    const channel = this.#channels.get(userId);
    if (channel === undefined) return;
    channel.streams.delete(stream);
    channel.joining = channel.joining.filter((joining) => joining.stream !== stream);
    // One that is being served right now is looked at again when it has been.
    if (channel.isEmpty) this.#rounds.ask(channel, false);
  }

  /** A notice: these users were written. */
  usersChanged(users: readonly RevisionOf[]): void {
    for (const { id, revision } of users) {
      const channel = this.#channels.get(id);
      if (channel === undefined) continue;
      channel.revision = Math.max(channel.revision, revision);
      this.#askForLook(channel, true);
    }
  }

  /** A notice: these organizations were written. */
  organizationsChanged(ids: readonly string[]): void {
    if (this.#channels.size === 0) return;
    const changed = new Set(ids);
    for (const channel of this.#channels.values()) {
      if (changed.has(channel.organizationId)) this.#askForLook(channel, true);
    }
  }

  /** The configuration changed: it may have moved when time flips something. */
  lookAtAll(): void {
    for (const channel of this.#channels.values()) this.#askForLook(channel, false);
  }

  /** The store began another life. */
  restart(): void {
    for (const channel of this.#channels.values()) {
      channel.restart();
      this.#rounds.ask(channel, true);
    }
  }

  /** Now and then: users and organizations whose notices may have been lost. */
  sweep(): void {
    const now = this.#now();
    this.#readAgain(now - READ_AGAIN_MS);
    if (this.#channels.size > 0 && !this.#readingNewest && now - (this.#readNewestAt ?? 0) >= READ_NEWEST_MS) {
      this.#readingNewest = true;
      this.#readNewest(now)
        .catch(this.#options.onError)
        .finally(() => {
          this.#readingNewest = false;
        });
    }
    if (now - this.#checkedOrganizationsAt < CHECK_ORGANIZATIONS_MS) return;
    this.#checkedOrganizationsAt = now;
    this.#lookAtOrganizations().catch(this.#options.onError);
  }

  close(): void {
    this.#rounds.close();
    this.#looks.clear();
  }

  #now(): number {
    return this.#options.present().now;
  }

  #askForLook(channel: UserChannel, urgent: boolean): void {
    channel.wantsLook = true;
    this.#rounds.ask(channel, urgent);
  }

  #served(channel: UserChannel): void {
    if (!channel.isEmpty) {
      if (!channel.wantsLook) this.#looks.set(channel, channel.nextLookAt);
      return;
    }
    this.#looks.delete(channel);
    if (this.#channels.get(channel.userId) === channel) this.#channels.delete(channel.userId);
  }

  /** Has every user read whom nobody has read since. */
  #readAgain(since: number): void {
    for (const channel of this.#channels.values()) if (channel.readAt <= since) this.#rounds.ask(channel, false);
  }

  /** Finds the users who were changed without a notice that got here. */
  async #readNewest(now: number): Promise<void> {
    const since = (this.#readNewestAt ?? now) - LONG_TRANSACTION_MS;
    const newest = await this.#options.store.outbox.newest(since, MOST_CHANGES);
    if (newest === undefined) this.#readAgain(now - READ_NEWEST_MS);
    for (const [userId, position] of newest ?? []) {
      const channel = this.#channels.get(userId);
      if (channel?.position !== undefined && channel.position < position) this.#askForLook(channel, true);
    }
    // Only now: what a store that was away could not tell is asked for again.
    this.#readNewestAt = now;
  }

  /** Finds the users whose organization was written without a notice that got here. */
  async #lookAtOrganizations(): Promise<void> {
    const ids = new Set([...this.#channels.values()].map(({ organizationId }) => organizationId));
    ids.delete('');
    if (ids.size === 0) return;
    const held = await this.#options.cached.organizations.load([...ids], {});
    for (const channel of this.#channels.values()) {
      const organization = held.get(channel.organizationId)?.state;
      if (organization !== undefined && organization.revision !== channel.organizationRevision) {
        this.#askForLook(channel, false);
      }
    }
  }
}

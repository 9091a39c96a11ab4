import { SECOND_MS } from '../../core/values/time/time.js';
import type { RevisionOf } from '../../notify/notifier.js';
import { DueQueue } from './due-queue.js';
import type { EventStream } from './event-stream.js';
import { type RoundsOptions, StreamRounds } from './stream-rounds.js';
import { type Joining, UserChannel } from './user-channel.js';

/** How often the outbox is asked, for all users at once, who was changed lately: a lost notice is made up for within 5 s. */
const READ_NEWEST_MS = 3_500;
/**
 * How far back is asked beyond the last time. A row has the instant at which its transaction read the clock, and can be seen
 * only when the transaction commits: nearly all take less than this.
 */
const LONG_TRANSACTION_MS = 15 * SECOND_MS;
/** The most users that are taken from that answer: where there are more, the channels' users are read one by one. */
const MOST_CHANGES = 10_000;
/** How often every user is read even without a sign of change, which makes up for the longest of transactions. */
const READ_AGAIN_MS = 60 * SECOND_MS;
const CHECK_ORGANIZATIONS_MS = 4 * SECOND_MS;

export type UserChannelsOptions = Omit<RoundsOptions, 'onServed'>;

/** The users with open streams. It has each served when a notice names them, when time may flip a flag, and now and then. */
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

  /** The user's channel; undefined when nobody watches the user. */
  get(userId: string): UserChannel | undefined {
    return this.#channels.get(userId);
  }

  /** How many streams of this user are open or about to join. */
  streamsOf(userId: string): number {
    const channel = this.#channels.get(userId);
    return channel === undefined ? 0 : channel.streams.size + channel.joining.length;
  }

  /** Has a stream join the user's channel: it is told what it missed, and then all that happens. */
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
    // The channel may be in a round just now, so it is dropped when a round finds it empty.
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

  /** The configuration changed: time may now flip flags at other instants. */
  lookAtAll(): void {
    for (const channel of this.#channels.values()) this.#askForLook(channel, false);
  }

  /** Another epoch began. */
  restart(): void {
    for (const channel of this.#channels.values()) {
      channel.restart();
      this.#rounds.ask(channel, true);
    }
  }

  /** Called once a second: looks for users and organizations whose notices were lost. */
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

  /** Has those users read who were last read at `since` or before. */
  #readAgain(since: number): void {
    for (const channel of this.#channels.values()) if (channel.readAt <= since) this.#rounds.ask(channel, false);
  }

  /** Has those users served of whose changes no notice arrived here. */
  async #readNewest(now: number): Promise<void> {
    const since = (this.#readNewestAt ?? now) - LONG_TRANSACTION_MS;
    const newest = await this.#options.store.outbox.newest(since, MOST_CHANGES);
    if (newest === undefined) this.#readAgain(now - READ_NEWEST_MS);
    for (const [userId, position] of newest ?? []) {
      const channel = this.#channels.get(userId);
      if (channel?.position !== undefined && channel.position < position) this.#askForLook(channel, true);
    }
    // Set after the store has answered: where it did not, the same time is asked about again.
    this.#readNewestAt = now;
  }

  /** Has those users served of whose organization's changes no notice arrived here. */
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

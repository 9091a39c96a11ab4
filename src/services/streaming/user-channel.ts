import type { ConfigurationLog } from '../../configuration/configuration-log.js';
import { type Subject, subjectOf } from '../../core/deciding/subject.js';
import type { OrganizationState } from '../../core/states/organization-state.js';
import type { UserState } from '../../core/states/user-state.js';
import type { PlacedChange } from '../../store/outbox-store.js';
import { hasFlips } from '../../unlocking/flips.js';
import type { EventStream, StreamEnd } from './event-stream.js';
import { decideAll, differences, sendFlips, type ToldFlips, verdictsOf, withVerdicts } from './flips.js';
import { markOfOrganization, type StreamPosition } from './resume-token.js';

/** A stream that is to join a channel: first it is told what happened since its token. */
export interface Joining {
  readonly stream: EventStream;
  /** Where it was; undefined where it begins now. */
  readonly from: StreamPosition | undefined;
  /** Whether it came with a token that cannot be resumed from: then it is told to fetch everything again. */
  readonly reset: boolean;
}

/** What a round has read, from which a channel's streams are told. */
export interface RoundReading {
  readonly user: UserState;
  readonly organization: OrganizationState | undefined;
  readonly log: ConfigurationLog;
  readonly epoch: string;
  readonly now: number;
  /** Up to which instant all streams have been told of windows that opened or closed. */
  readonly windowsAt: number;
}

/**
 * One user with open streams: what the streams have been told of the user, and when to look again.
 *
 * Streams learn of flips in two ways. What a write flipped stands in a *row* of the outbox, with its cause. What time or a
 * change of the organization flipped stands nowhere: a *look* decides every flag for the user, and what differs from what
 * the streams have been told is told then.
 */
export class UserChannel {
  readonly userId: string;
  readonly streams = new Set<EventStream>();
  joining: Joining[] = [];
  /** The place in the outbox of the last row that was told; undefined before the channel was served first. */
  position: number | undefined;
  /** The newest revision of the user that is known of: a state to tell from must not be older. */
  revision = 0;
  /** Whether a look is due, at a state that is read from now on. */
  wantsLook: boolean = true;
  /** Whether a look is under way. */
  isLookedAt: boolean = false;
  /** When the outbox was last read. */
  readAt = 0;
  /** When time may next flip a flag of the user; Infinity for never. */
  nextLookAt = Infinity;
  organizationId = '';
  organizationRevision = 0;

  /** The flags that are on, as far as the streams have been told. */
  #on: ReadonlySet<string> | undefined;
  /** By flag, whether a look told that it came on or went off: the row that says the same, if one comes, is not told again. */
  readonly #flippedByLook = new Map<string, boolean>();
  #lookedAt = 0;
  #lookedRevision = -1;
  /** Differs where the user or their organization has been written since the last look. */
  #lookedWrites: string | undefined;

  constructor(userId: string) {
    this.userId = userId;
  }

  get isEmpty(): boolean {
    return this.streams.size === 0 && this.joining.length === 0;
  }

  /** After which place the outbox is to be read, for the channel's streams and for those that join. */
  readFrom(joining: readonly Joining[]): number {
    const { position } = this;
    return position === undefined ? 0 : Math.min(position, ...joining.map(({ from }) => from?.outbox ?? position));
  }

  /** Ends every stream of the user, and those that were about to join. */
  end(joining: readonly Joining[], reason: StreamEnd): void {
    const streams = [...this.streams, ...[...joining, ...this.joining].map(({ stream }) => stream)];
    for (const stream of streams) stream.end(reason);
  }

  /** Up to which instant everything has been told of this user. */
  toldAt(windowsAt: number): number {
    return Math.min(windowsAt, this.wantsLook || this.isLookedAt ? this.#lookedAt : this.nextLookAt - 1);
  }

  /** Another epoch began: nothing of the former one counts, and all streams begin anew. */
  restart(): void {
    this.position = undefined;
    this.revision = 0;
    this.#on = undefined;
    this.#flippedByLook.clear();
    this.#lookedRevision = -1;
    this.#lookedWrites = undefined;
    this.wantsLook = true;
    this.joining.push(...[...this.streams].map((stream) => ({ stream, from: undefined, reset: true })));
    this.streams.clear();
  }

  /** Tells the streams of the rows that are new to them. The subject's state must not be older than these rows. */
  #deliver(rows: readonly PlacedChange[], subject: Subject, reading: RoundReading): void {
    for (const row of rows) {
      if (row.position <= (this.position ?? 0)) continue;
      this.position = row.position;
      this.revision = Math.max(this.revision, row.revision);
      // A look may have told of a flip already, as when time flipped a flag a moment before a worker recorded the unlock.
      const unlocked = row.unlocked.filter((key) => this.#flippedByLook.get(key) !== true);
      const locked = row.locked.filter((key) => this.#flippedByLook.get(key) !== false);
      for (const key of [...row.unlocked, ...row.locked]) this.#flippedByLook.delete(key);
      this.#on = withVerdicts(this.#on ?? new Set(), verdictsOf([row]));
      this.#tell({ unlocked, locked, cause: row.cause, at: row.at }, subject, reading);
    }
  }

  /**
   * Tells the channel's streams what the outbox has for them, and the streams that join what they missed. `settled` says that
   * the state was read before the rows: it holds no write that the rows do not tell of. Only then can a look be taken, since
   * whatever else differs from what was told was flipped by time or the organization.
   */
  serve(rows: readonly PlacedChange[], joining: readonly Joining[], reading: RoundReading, settled: boolean): void {
    this.#expel(reading);
    const { user, organization, log, now } = reading;
    const subject = subjectIn(reading);
    const fresh = this.position === undefined;
    if (fresh) this.position = rows.at(-1)?.position ?? 0;
    else this.#deliver(rows, subject, reading);
    if (!settled && joining.length === 0) return;

    const { on, nextAt } = decideAll(log.snapshot, subject, now);
    const was = this.#on;
    if (settled || fresh) {
      const organized =
        user.organizationId === this.organizationId && revisionOf(organization) !== this.organizationRevision;
      // Flips of flags that were changed are not told one by one: the change of the configuration is announced.
      const announced = log.since(this.#lookedRevision, this.#lookedAt, now).all;
      // Of what time changed beside what is on, nothing but its instant is known.
      const passed = now >= this.nextLookAt;
      this.#on = on;
      this.#lookedAt = now;
      this.#lookedRevision = log.snapshot.revision;
      this.nextLookAt = nextAt;
      this.revision = Math.max(this.revision, user.revision);
      this.organizationId = user.organizationId;
      this.organizationRevision = revisionOf(organization);
      this.#tellWrites(reading, passed);
      if (settled && was !== undefined) {
        const flips = differences(was, on, announced);
        for (const key of flips.unlocked) this.#flippedByLook.set(key, true);
        for (const key of flips.locked) this.#flippedByLook.set(key, false);
        this.#tell({ ...flips, cause: { type: organized ? 'organization' : 'time' }, at: now }, subject, reading);
      }
    }
    for (const one of joining) this.#join(one, rows, { ...reading, subject, on, settled });
  }

  #join({ stream, from, reset }: Joining, rows: readonly PlacedChange[], reading: RoundReading & Looked): void {
    if (stream.ended) return;
    this.streams.add(stream);
    this.#expel(reading);
    const { log, on, subject, now, epoch, windowsAt, user, settled } = reading;
    const at = this.toldAt(windowsAt);
    const userId = user.id;
    const common = {
      epoch,
      userId,
      configuration: log.snapshot.revision,
      organization: markOfOrganization(reading.organization),
    };
    const here = { ...common, at, outbox: this.position ?? 0 };
    const telling = { snapshot: log.snapshot, subject, now };
    // No row tells what a change of the organization flipped while the stream was away, so it cannot be told.
    const lost = from !== undefined && from.organization !== here.organization;
    if (reset || lost) stream.send({ type: 'reset' }, here, now);
    else if (from !== undefined) {
      const change = log.since(from.configuration, from.at, now);
      const flagKeys = [...(stream.reader.people ? change.visible : change.all)];
      if (flagKeys.length > 0)
        stream.send({ type: 'configuration', flagKeys }, { ...here, outbox: from.outbox, at: from.at }, now);
      const missed = rows.filter(({ position }) => position > from.outbox);
      for (const row of missed) {
        sendFlips(stream, row, { ...telling, position: { ...here, outbox: row.position, at: from.at } });
      }
      const told = verdictsOf(missed);
      // The state may hold writes that the rows do not tell of yet. The next look tells what then differs from this.
      if (!settled) this.#on = withVerdicts(this.#on ?? on, told);
      // What time flipped while the stream was away is the difference between then and now that no row and no change explains.
      const without = settled ? change.all : new Set([...change.all, ...told.keys()]);
      const flips = differences(withVerdicts(decideAll(log.snapshot, subject, from.at).on, told), on, without);
      sendFlips(stream, { ...flips, cause: { type: 'time' }, at: now }, { ...telling, position: here });
    }
    stream.send({ type: 'heartbeat' }, here, now);
  }

  #tell(flips: ToldFlips, subject: Subject, reading: RoundReading): void {
    if (!hasFlips(flips)) return;
    const outbox = this.position ?? 0;
    const at = this.toldAt(reading.windowsAt);
    const organization = markOfOrganization(reading.organization);
    const telling = { snapshot: reading.log.snapshot, subject, now: reading.now };
    for (const stream of this.streams) {
      sendFlips(stream, flips, { ...telling, position: { ...stream.position, outbox, at, organization } });
    }
  }

  /** Tells the streams that want to know that something was written, or that an instant has passed that matters, whatever came of it. */
  #tellWrites({ user, organization, now }: RoundReading, passed: boolean): void {
    const writes = `${user.revision} ${markOfOrganization(organization)}`;
    const before = this.#lookedWrites;
    this.#lookedWrites = writes;
    if (before === undefined || (before === writes && !passed)) return;
    for (const stream of this.streams) if (stream.tellsWrites) stream.send({ type: 'reset' }, stream.position, now);
  }

  /** Ends the streams that a token of an organization opened, if the user is no longer in that organization. */
  #expel({ user }: RoundReading): void {
    for (const stream of this.streams) {
      const { organizationId } = stream.reader;
      if (organizationId !== '' && organizationId !== user.organizationId) stream.end('gone');
    }
  }
}

interface Looked {
  readonly settled: boolean;
  readonly subject: Subject;
  readonly on: ReadonlySet<string>;
}

function subjectIn({ log, user, organization }: RoundReading): Subject {
  return subjectOf(log.snapshot, user, organization, undefined);
}

const revisionOf = (organization: OrganizationState | undefined): number => organization?.revision ?? 0;

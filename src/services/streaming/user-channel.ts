import type { ConfigurationLog } from '../../configuration/configuration-log.js';
import { type Subject, subjectOf } from '../../core/deciding/subject.js';
import type { OrganizationState } from '../../core/states/organization-state.js';
import type { UserState } from '../../core/states/user-state.js';
import type { PlacedChange } from '../../store/outbox-store.js';
import { decideAll, differences, type Flips, verdictsOf, withVerdicts } from '../../unlocking/flips.js';
import type { EventStream } from './event-stream.js';
import { markOfOrganization, type StreamPosition } from './resume-token.js';
import { sendFlips } from './send-flips.js';

/** A stream that is to be told what happened since its token before it takes part. */
export interface Joining {
  readonly stream: EventStream;
  /** Where it was; undefined: it begins now. */
  readonly from: StreamPosition | undefined;
  /** It had a token that cannot be resumed from. */
  readonly reset: boolean;
}

/** What a round has read. */
export interface RoundReading {
  readonly user: UserState;
  readonly organization: OrganizationState | undefined;
  readonly log: ConfigurationLog;
  readonly epoch: string;
  readonly now: number;
  /** Windows that opened or closed until then have been announced to all streams. */
  readonly windowsAt: number;
}

/** One user with open streams: what they have been told of this user, and when to look again. */
export class UserChannel {
  readonly userId: string;
  readonly streams = new Set<EventStream>();
  joining: Joining[] = [];
  /** In the outbox; undefined before the first look. */
  position: number | undefined;
  /** The user's revision that is known of. */
  revision = 0;
  /** Its decisions must be looked at again, as of a state that is read from now on. */
  wantsLook: boolean = true;
  /** Such a look is under way. */
  isLookedAt: boolean = false;
  /** When the outbox was last read. */
  readAt = 0;
  /** When time may next flip something; Infinity: never. */
  nextLookAt = Infinity;
  organizationId = '';
  organizationRevision = 0;

  /** Flags that are on, as the streams have been told. */
  #on: ReadonlySet<string> | undefined;
  /** Flips that a look has told and no row yet: on, or off. */
  readonly #flippedByLook = new Map<string, boolean>();
  #lookedAt = 0;
  #lookedRevision = -1;

  constructor(userId: string) {
    this.userId = userId;
  }

  get isEmpty(): boolean {
    return this.streams.size === 0 && this.joining.length === 0;
  }

  /** From where the outbox is to be read, for its streams and those that join. */
  readFrom(joining: readonly Joining[]): number {
    const { position } = this;
    return position === undefined ? 0 : Math.min(position, ...joining.map(({ from }) => from?.outbox ?? position));
  }

  /** Everything has been told of this user up to this instant. */
  toldAt(windowsAt: number): number {
    return Math.min(windowsAt, this.wantsLook || this.isLookedAt ? this.#lookedAt : this.nextLookAt - 1);
  }

  /** Another life of the data: nothing of the former one counts, and all streams begin anew. */
  restart(): void {
    this.position = undefined;
    this.revision = 0;
    this.#on = undefined;
    this.#flippedByLook.clear();
    this.#lookedRevision = -1;
    this.wantsLook = true;
    this.joining.push(...[...this.streams].map((stream) => ({ stream, from: undefined, reset: true })));
    this.streams.clear();
  }

  /** Tells the streams of changes that are new to them. The state has to include them. */
  #deliver(rows: readonly PlacedChange[], subject: Subject, reading: RoundReading): void {
    for (const row of rows) {
      if (row.position <= (this.position ?? 0)) continue;
      this.position = row.position;
      this.revision = Math.max(this.revision, row.revision);
      // What a look has told already, as when time flipped it a moment before the worker wrote it down, is no news.
      const unlocked = row.unlocked.filter((key) => this.#flippedByLook.get(key) !== true);
      const locked = row.locked.filter((key) => this.#flippedByLook.get(key) !== false);
      for (const key of [...row.unlocked, ...row.locked]) this.#flippedByLook.delete(key);
      this.#on = withVerdicts(this.#on ?? new Set(), verdictsOf([row]));
      this.#tell({ unlocked, locked, cause: row.cause, at: row.at }, subject, reading);
    }
  }

  /**
   * Tells what the outbox has, and those that join what they missed. `settled`: the state was read before the rows and
   * holds nothing that they do not tell, so that whatever else is different now was flipped by no write, and is told, too.
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
      // What a change of the configuration flips is announced as that change.
      const announced = log.since(this.#lookedRevision, this.#lookedAt, now).all;
      this.#on = on;
      this.#lookedAt = now;
      this.#lookedRevision = log.snapshot.revision;
      this.nextLookAt = nextAt;
      this.revision = Math.max(this.revision, user.revision);
      this.organizationId = user.organizationId;
      this.organizationRevision = revisionOf(organization);
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
    // What changed of an organization no row tells.
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
      // Where the state may hold more than the rows, the next look finds what is different from what was told.
      if (!settled) this.#on = withVerdicts(this.#on ?? on, told);
      // What time alone flipped meanwhile no row tells.
      const without = settled ? change.all : new Set([...change.all, ...told.keys()]);
      const flips = differences(withVerdicts(decideAll(log.snapshot, subject, from.at).on, told), on, without);
      sendFlips(stream, { ...flips, cause: { type: 'time' }, at: now }, { ...telling, position: here });
    }
    stream.send({ type: 'heartbeat' }, here, now);
  }

  #tell(flips: Flips, subject: Subject, reading: RoundReading): void {
    if (flips.unlocked.length + flips.locked.length === 0) return;
    const outbox = this.position ?? 0;
    const at = this.toldAt(reading.windowsAt);
    const organization = markOfOrganization(reading.organization);
    const telling = { snapshot: reading.log.snapshot, subject, now: reading.now };
    for (const stream of this.streams) {
      sendFlips(stream, flips, { ...telling, position: { ...stream.position, outbox, at, organization } });
    }
  }

  /** Streams of an organization's token end when the user has left it. */
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

import { type Call, confinedTo } from '../../calls/caller.js';
import type { Clock } from '../../calls/clock.js';
import { encodeToken } from '../../calls/consistency/consistency-token.js';
import { invalid, invalidAt, LatchkeyError, unavailable } from '../../calls/errors.js';
import { authorize } from '../../calls/permissions.js';
import type { ConfigurationKeeper } from '../../configuration/configuration-keeper.js';
import { faultOfAction } from '../../core/counting/action-room.js';
import type { FlippedFlag } from '../../core/deciding/decision.js';
import type { Snapshot } from '../../core/snapshot/snapshot.js';
import type { UserState } from '../../core/states/user-state.js';
import type { Fault } from '../../core/values/fault.js';
import { isJsonObject, type JsonObject, quote } from '../../core/values/json.js';
import { faultOfName } from '../../core/values/names.js';
import { laneOf, partitionOf } from '../../core/values/partition.js';
import type { WorkQueue } from '../../queue/queue.js';
import type { EventInbox, EventKey, NewEvent } from '../../store/event-store.js';
import type { StateSource } from '../../store/state-source.js';
import type { Store } from '../../store/store.js';
import type { UserWritten } from '../../unlocking/user-write.js';
import { mayKnow } from '../access/caller-reach.js';
import type { UserNotices } from '../evaluating/user-notices.js';
import type { UserService } from '../users/users.js';
import { actionWarnings, derivedWarnings } from './action-warnings.js';
import { organizationOfEvent } from './event-organization.js';
import { changeOf, type FlipsOfUser, flipsOf } from './flips-of-events.js';
import { type EventInput, type Incoming, parseEvent, readEvent } from './parse-event.js';
import { type CheckedReversals, checkReversals, NO_REVERSALS } from './reversals.js';

export interface TrackInput {
  readonly events: readonly Incoming[];
  /** Whether to wait until the events are counted, and to say what they unlocked. */
  readonly wait: boolean;
}

export interface Tracked {
  /** How many were stored by this call. */
  readonly accepted: number;
  /** How many had been stored by an earlier call. Each counts once. */
  readonly duplicates: number;
  readonly rejected: readonly { readonly id: string; readonly error: string }[];
  /** The flags that came on, and those that went off, in the transactions that counted these events; none unless it waited. */
  readonly newlyUnlocked: readonly FlippedFlag[];
  readonly newlyLocked: readonly FlippedFlag[];
  /** Warnings of actions that are probably misspelt; pointers name the event's place in the call. */
  readonly warnings: readonly Fault[];
  readonly consistencyToken: string;
}

export interface EventServiceOptions {
  readonly store: Pick<Store, 'events' | 'outbox' | 'epoch'>;
  /** An inbox that writes the events of concurrent calls by few statements. */
  readonly inbox: EventInbox;
  readonly queue: Pick<WorkQueue, 'wake'>;
  readonly keeper: ConfigurationKeeper;
  readonly users: StateSource<UserState>;
  readonly userService: Pick<UserService, 'setTraits'>;
  readonly notices: UserNotices;
  readonly clock: Clock;
  readonly lanes: number;
  readonly retentionDays: number;
}

export const MAX_EVENTS_PER_CALL = 1_000;
const WAIT_MS = 10_000;
/** By how much the database's clock seems to go back when it is read again: by what reading it takes. */
const MAX_JITTER_MS = 1_000;
/** How soon the store is asked again when no notice comes. */
const LOOK_AGAIN_MS = 100;
/** The longest that a call writes what `identify` says of users: one transaction for each, a thousand at most. */
const TRAITS_MS = 30_000;

/** Takes in what users did. */
export class EventService {
  readonly #options: EventServiceOptions;
  #lastArrival = 0;

  constructor(options: EventServiceOptions) {
    this.#options = options;
  }

  /**
   * Stores events durably, each once, and has them counted. An event that cannot be taken is rejected by itself, and the
   * others are taken. When the call as a whole is answered with UNAVAILABLE, some events may have been stored: sending all
   * of them again is safe.
   */
  async track(call: Call, { events, wait }: TrackInput): Promise<Tracked> {
    authorize(call, 'Track');
    if (events.length > MAX_EVENTS_PER_CALL) {
      throw invalidAt('/events', `a call takes at most ${MAX_EVENTS_PER_CALL} events, not ${events.length}; split it`);
    }
    const { inbox, store } = this.#options;
    const receivedAt = this.#arrival();
    const traitsUntil = Math.min(call.deadline ?? Infinity, Date.now() + TRAITS_MS);
    const rejected: { id: string; error: string }[] = [];
    const parsedEvents: NewEvent[] = [];
    const reversing = new Map<NewEvent, string>();
    const written: UserWritten[] = [];
    const actionsTaken = new Map<string, Set<string>>();
    for (const incoming of await this.#withinReach(call, events, rejected)) {
      if (incoming.kind === 'traits') {
        requireTime(call, traitsUntil);
        const set = await this.#setTraits(incoming.traits.userId, incoming.traits.traits);
        if (typeof set === 'string') rejected.push({ id: nameOf(incoming), error: set });
        else written.push(set);
        continue;
      }
      const parsed = parseEvent(incoming.event, { now: receivedAt, retentionDays: this.#options.retentionDays });
      const fault = typeof parsed === 'string' ? parsed : this.#faultOf(parsed, actionsTaken);
      const organization = organizationOfEvent(call.caller, incoming.event.organizationId);
      const error = fault ?? (typeof organization === 'string' ? organization : undefined);
      if (error !== undefined) {
        rejected.push({ id: nameOf(incoming), error });
        continue;
      }
      const event = { ...(parsed as NewEvent), ...(organization as Pick<NewEvent, 'organizationId'>) };
      if (event.reverses !== undefined) reversing.set(event, `/events/${events.indexOf(incoming)}/reverses`);
      parsedEvents.push(event);
    }

    const reversals = await this.#reversals(call, parsedEvents, reversing);
    rejected.push(...reversals.rejected);
    const taken = reversing.size === 0 ? parsedEvents : parsedEvents.filter((event) => !reversals.refused.has(event));
    const fresh = taken.length === 0 ? [] : await inbox.append(taken);
    const stored = taken.filter((_, i) => fresh[i]);
    const again = reversing.size === 0 ? 0 : stored.filter((event) => reversals.again.has(event)).length;
    if (stored.length > 0) await this.#wake(stored);
    // Duplicates are waited for, too: a producer that lost the answer and sends again wants to know what was unlocked.
    const { unlocked, locked } = flipsOf(wait ? [...written.map(changeOf), ...(await this.#outcome(call, taken))] : []);
    const { snapshot } = this.#options.keeper;
    const told = ({ flagKey }: FlippedFlag): boolean => mayKnow(call, flagKey, snapshot);
    return {
      accepted: stored.length - again + written.length,
      duplicates: taken.length - stored.length + again,
      rejected,
      newlyUnlocked: unlocked.filter(told),
      newlyLocked: locked.filter(told),
      warnings: [...this.#warnings(call, events), ...reversals.warnings],
      consistencyToken: encodeToken({
        epoch: await store.epoch(),
        receivedAt,
        ...(snapshot.revision < 0 ? {} : { configuration: snapshot.revision }),
        users: latestRevisions(written),
      }),
    };
  }

  /**
   * Takes what a producer of another system put onto the queue: an event or a list of events, in any shape that is known.
   * Rejects with INVALID when some of them could not be taken, after the others were stored.
   */
  async intake(call: Call, data: unknown): Promise<void> {
    const list = Array.isArray(data) ? (data as unknown[]) : [data];
    const rejected: string[] = [];
    for (let i = 0; i < list.length; i += MAX_EVENTS_PER_CALL) {
      const { events, faults } = readEvents(list.slice(i, i + MAX_EVENTS_PER_CALL));
      const tracked = await this.track(call, { events, wait: false });
      rejected.push(...faults, ...tracked.rejected.map(({ id, error }) => `${quote(id)}: ${error}`));
    }
    if (rejected.length > 0)
      throw invalid(`${rejected.length} of ${list.length} events were not taken: ${rejected[0]}`);
  }

  /** What is to be said of events that take back others, as far as it is known before they are counted. */
  #reversals(
    call: Call,
    events: readonly NewEvent[],
    reversals: ReadonlyMap<NewEvent, string>,
  ): CheckedReversals | Promise<CheckedReversals> {
    if (reversals.size === 0) return NO_REVERSALS;
    const { store, keeper, retentionDays } = this.#options;
    const { snapshot } = keeper;
    const stored = (keys: readonly EventKey[]) => store.events.stored(keys);
    return checkReversals({ events, reversals, stored, caller: call.caller, retentionDays, snapshot });
  }

  /** The present instant; not before that of the last call, by which the clock may have been a little ahead. */
  #arrival(): number {
    const now = this.#options.clock.now();
    const ahead = this.#lastArrival - now;
    if (ahead <= 0 || ahead > MAX_JITTER_MS) this.#lastArrival = now;
    return this.#lastArrival;
  }

  /** The warnings: none for people, who can send declared actions only, and none for organizations, which are not told of rules. */
  #warnings({ caller }: Call, events: readonly Incoming[]): readonly Fault[] {
    if (caller.kind === 'person' || confinedTo(caller) !== '') return [];
    const { snapshot } = this.#options.keeper;
    const said = events.flatMap((incoming, i) =>
      incoming.kind === 'event' ? [{ ...incoming.event, pointer: `/events/${i}` }] : [],
    );
    const actions = said.map(({ action, pointer }) => ({ action, pointer: `${pointer}/action` }));
    const named = actionWarnings(actions, snapshot);
    if (snapshot.derivations.all.size === 0) return named;
    const derived = said.map(({ pointer, ...event }) => ({ ...event, pointer: `${pointer}/properties` }));
    return [...named, ...derivedWarnings(derived, snapshot)];
  }

  /** Those of the events that the caller may send; adds the others to `rejected`. */
  async #withinReach(call: Call, events: readonly Incoming[], rejected: { id: string; error: string }[]) {
    const { caller } = call;
    if (caller.kind === 'person') {
      return events.filter((incoming) => {
        const error = this.#personFault(caller.userId, incoming);
        if (error !== undefined) rejected.push({ id: nameOf(incoming), error });
        return error === undefined;
      });
    }
    const confined = confinedTo(caller);
    if (confined === '') return events;
    const ids = new Set(events.map(userOf).filter((id) => faultOfName('userId', id) === undefined) as string[]);
    // Read from the store, since a user may have entered or left the organization a moment ago.
    const states = await this.#options.users.load([...ids], { fresh: true });
    return events.filter((incoming) => {
      const id = userOf(incoming);
      const foreign = typeof id === 'string' && states.get(id)?.state.organizationId !== confined;
      if (foreign) rejected.push({ id: nameOf(incoming), error: `no user ${quote(id)}` });
      return !foreign;
    });
  }

  #personFault(userId: string, incoming: Incoming): string | undefined {
    if (incoming.kind === 'traits') return 'people do not identify themselves; a machine token does';
    const { action, reverses } = incoming.event;
    const { snapshot } = this.#options.keeper;
    if (userOf(incoming) !== userId) return `no user ${quote(userOf(incoming))}`;
    // Of an event that takes back another it is that other one's action which matters.
    if (reverses !== undefined && reverses !== null) return undefined;
    const declared = typeof action === 'string' ? snapshot.actions.get(action) : undefined;
    if (declared?.clientTrackable) return undefined;
    // What it is derived from is not told here: people need not know of that.
    return declared?.derivation !== undefined
      ? `the action ${quote(action)} is derived from others: nobody sends it`
      : `the action ${quote(action)} is not one that people may send; declare it client_trackable`;
  }

  /** What is wrong with an event that is well-formed. */
  #faultOf(event: NewEvent, actionsTaken: Map<string, Set<string>>): string | undefined {
    if (event.reverses !== undefined) return undefined;
    return faultOfDerived(event, this.#options.keeper.snapshot) ?? this.#faultOfRoom(event, actionsTaken);
  }

  /**
   * What is wrong with an event whose action would be one too many of its user, as far as that is known here without asking the
   * store; else the event becomes a dead letter. Notes the event's action among those that the call has taken.
   */
  #faultOfRoom({ userId, action }: NewEvent, actionsTaken: Map<string, Set<string>>): string | undefined {
    const state = this.#options.users.peek(userId)?.state;
    if (state === undefined) return undefined;
    const taken = actionsTaken.get(userId) ?? new Set();
    const fault = faultOfAction(state, action, taken);
    if (fault === undefined && !(taken.has(action) || state.actions.has(action))) {
      actionsTaken.set(userId, taken.add(action));
    }
    return fault;
  }

  /** The user as written, or what is wrong with the input. */
  async #setTraits(userId: unknown, traits: unknown): Promise<UserWritten | string> {
    const fault = faultOfName('userId', userId);
    if (fault !== undefined) return fault;
    if (!isJsonObject(traits)) return `traits ${quote(traits)} are no JSON object`;
    try {
      return await this.#options.userService.setTraits(userId as string, traits as JsonObject);
    } catch (error) {
      // As with an event that cannot be taken: it is rejected by itself, and the others are taken.
      if (error instanceof LatchkeyError && error.code === 'INVALID') return error.message;
      throw error;
    }
  }

  async #wake(events: readonly NewEvent[]): Promise<void> {
    const { queue, lanes } = this.#options;
    await queue.wake(new Set(events.map(({ userId }) => laneOf(partitionOf(userId), lanes))));
  }

  /** Waits until all of these events have been counted, and reads which flags came on in the batches that counted them. */
  async #outcome(call: Call, events: readonly NewEvent[]): Promise<readonly FlipsOfUser[]> {
    if (events.length === 0) return [];
    const { store, notices } = this.#options;
    const deadline = Math.min(call.deadline ?? Infinity, Date.now() + WAIT_MS);
    const userIds = new Set(events.map(({ userId }) => userId));
    for (;;) {
      const noticed = notices.next(userIds, Math.min(LOOK_AGAIN_MS, deadline - Date.now()));
      const states = await store.events.states(events);
      if (states.every(({ state }) => state !== 'pending')) {
        const batches = new Set(states.flatMap((state) => (state.state === 'done' ? [state.batch] : [])));
        return store.outbox.changes([...batches], [...userIds]);
      }
      if (call.signal?.aborted || Date.now() >= deadline) {
        throw unavailable(
          'the events are stored and will be counted, but were not before the deadline; do not wait for them',
        );
      }
      await noticed;
    }
  }
}

/** Reads each element of a JSON list as an event; `faults` names the elements that are no objects. */
export function readEvents(list: readonly unknown[]): { events: Incoming[]; faults: string[] } {
  const events: Incoming[] = [];
  const faults: string[] = [];
  for (const [i, item] of list.entries()) {
    if (isJsonObject(item)) events.push(readEvent(item as JsonObject));
    else faults.push(`event ${i} is ${quote(item)}, not a JSON object`);
  }
  return { events, faults };
}

/** What is wrong with an event that names a derived action; undefined for any other. */
function faultOfDerived({ action }: NewEvent, { derivations }: Snapshot): string | undefined {
  const from = derivations.all.get(action)?.from;
  if (from === undefined) return undefined;
  return `the action ${quote(action)} is derived: it is counted from ${from.map(quote).join(', ')}; send these instead`;
}

/** Throws UNAVAILABLE when nobody waits for the call any more. */
function requireTime({ signal }: Call, until: number): void {
  if (!signal?.aborted && Date.now() < until) return;
  throw unavailable('not all users were identified before the deadline, and no event was stored; send fewer at once');
}

function latestRevisions(written: readonly UserWritten[]): readonly (readonly [string, number])[] {
  return [...new Map(written.map(({ user }) => [user.id, user.revision]))];
}

function userOf(incoming: Incoming): unknown {
  return incoming.kind === 'event' ? incoming.event.userId : incoming.traits.userId;
}

function nameOf(incoming: Incoming): string {
  const { id } = incoming.kind === 'event' ? (incoming.event as EventInput) : incoming.traits;
  return typeof id === 'string' ? id.slice(0, 191) : '';
}

import type { ActionNames } from '../../core/states/user-state.js';
import type { Held } from '../state-source.js';
import { GenerationalCache } from './generational-cache.js';
import { bytesOfState } from './state-bytes.js';

/** What every cached state has. */
export interface Revised {
  /** Grows with every change. */
  readonly revision: number;
  /** Of a user, the actions whose days were read; see `UserState`. */
  readonly daysOf?: ActionNames;
}

/** A state in memory, as it is given to callers while it is young. */
class HeldState<T> implements Held<T> {
  readonly state: T;
  readonly stale = false;
  readonly #arrival: Arrival;
  readonly #below: boolean;
  readonly #bytes: number;

  constructor(state: T, arrival: Arrival, about: { readonly below: boolean; readonly bytes: number }) {
    this.state = state;
    this.#arrival = arrival;
    this.#below = about.below;
    this.#bytes = about.bytes;
  }

  get arrival(): Arrival {
    return this.#arrival;
  }

  /** Whether a notice told of a newer revision: then it is answered only while the store is away. */
  get below(): boolean {
    return this.#below;
  }

  /** About what it takes in memory. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The same, when a notice has told of a newer revision. */
  asBelow(): HeldState<T> {
    return new HeldState(this.state, this.#arrival, { below: true, bytes: this.#bytes });
  }
}

/** Of a load, for all states that it brought. */
interface Arrival {
  /** When it began, in monotonic milliseconds: the states have every change that was committed before. */
  readonly loadedAt: number;
  /** The connection of the notifier, by number, during which it began. */
  readonly connection: number;
  /** When it had ended, in monotonic milliseconds: loads that begin later find at least these revisions. */
  readonly admittedAt: number;
}

/** What was known when a load began, by which its states are judged. */
export interface LoadMark {
  readonly at: number;
  readonly connection: number;
  readonly rotations: number;
}

export interface HeldStatesOptions {
  readonly maxEntries: number;
  /** What all states may take in memory, about. */
  readonly maxBytes: number;
  readonly youngMs: number;
  /** For how long a state is young while no notices arrive. */
  readonly youngAwayMs: number;
  readonly staleMaxMs: number;
  /** For how long after a notice a load must reach it; see `HeldStates`. */
  readonly floorPatienceMs: number;
  /** Told of a state that the store gave in an older revision than it had given before. */
  readonly onOlder: (id: string, revision: number) => void;
}

/** What notices told of one id. */
interface Floor {
  readonly revision: number;
  /** When the last of these notices came, in monotonic milliseconds. */
  readonly raisedAt: number;
  /** When the first of them came that no load has reached yet. */
  readonly since: number;
}

/** What holding a state takes, whatever is in it. */
const HOLDING_BYTES = 250;
/** For how long after a notice that no load has reached states below it are not held. */
const FLOOR_KEPT_MS = 5_000;

/**
 * The states in memory, of each id the newest that was seen, and the floors that notices have set.
 *
 * Floors are kept for ids without a state, too, as many as there are states: a load that began before a notice must not
 * bring back the state from before it. Where floors were forgotten for lack of room, loads that began before that are not
 * trusted.
 *
 * A notice may be forged, or tell of a write that the database has lost: a load that begins after it, and as long after the first
 * one that was not reached as the store may take to answer, says what there is, whatever the notice said. For `FLOOR_KEPT_MS` more
 * what it brings is answered and not held, for a store that is behind the one that was written; then the floor is dropped.
 */
export class HeldStates<T extends Revised> {
  readonly #options: HeldStatesOptions;
  readonly #entries: GenerationalCache<HeldState<T>>;
  readonly #floors: GenerationalCache<Floor>;
  /** How often the notifier has connected, after which notices may have been missed, or states were to be renewed. */
  #connections = 0;
  #connection: 'untold' | 'there' | 'away' = 'untold';

  constructor(options: HeldStatesOptions) {
    this.#options = options;
    const { maxEntries, maxBytes } = options;
    this.#entries = new GenerationalCache({ maxEntries, maxWeight: maxBytes, weightOf: (held) => held.bytes });
    this.#floors = new GenerationalCache({ maxEntries });
  }

  get size(): number {
    return this.#entries.size;
  }

  /** About what they take in memory. */
  get bytes(): number {
    return this.#entries.weight;
  }

  get(id: string): HeldState<T> | undefined {
    return this.#entries.get(id);
  }

  /** As {@link get}, which does not count as use. */
  peek(id: string): HeldState<T> | undefined {
    return this.#entries.peek(id);
  }

  /** Whether the state can be answered without asking the store. */
  isYoung(held: HeldState<T>, nowMs: number): boolean {
    const { loadedAt, connection } = held.arrival;
    if (held.below || connection !== this.#connections) return false;
    const maxAgeMs = this.#connection === 'away' ? this.#options.youngAwayMs : this.#options.youngMs;
    return nowMs - loadedAt < maxAgeMs;
  }

  /** Whether the state can be answered as stale while the store is away. */
  isUsable(held: HeldState<T>, nowMs: number): boolean {
    return nowMs - held.arrival.loadedAt < this.#options.staleMaxMs;
  }

  /** What is known now. It is to be taken when a load begins, and given to {@link admit} with what was loaded. */
  mark(nowMs: number): LoadMark {
    return { at: nowMs, connection: this.#connections, rotations: this.#floors.rotations };
  }

  /** Whether what a load brought can be answered: it is not older than notices have told of, or these are not confirmed. */
  reaches(id: string, revision: number, mark: LoadMark): boolean {
    if (this.#forgotSince(mark)) return false;
    const floor = this.#floors.peek(id);
    if (floor === undefined || revision >= floor.revision) return true;
    return mark.at >= floor.raisedAt && mark.at >= floor.since + this.#options.floorPatienceMs;
  }

  /** Keeps what a load brought, which ends now, but for states of which a newer revision is held. */
  admit(states: ReadonlyMap<string, T>, mark: LoadMark, nowMs: number): void {
    if (this.#forgotSince(mark)) return;
    const arrival: Arrival = { loadedAt: mark.at, connection: mark.connection, admittedAt: nowMs };
    for (const [id, state] of states) this.#admit(id, state, arrival);
  }

  #admit(id: string, state: T, arrival: Arrival): void {
    const { loadedAt } = arrival;
    const held = this.#entries.peek(id);
    if (held !== undefined) {
      if (held.state.revision > state.revision) {
        if (loadedAt > held.arrival.admittedAt) this.#options.onOlder(id, held.state.revision);
        return;
      }
      if (held.state.revision === state.revision && held.arrival.loadedAt > loadedAt) return;
    }
    const floor = this.#floors.peek(id);
    const lower = floor !== undefined && state.revision < floor.revision;
    const dropped = lower && loadedAt >= floor.raisedAt + FLOOR_KEPT_MS;
    if (dropped) this.#floors.set(id, { ...floor, revision: state.revision });
    const bytes = bytesOfState(state) + HOLDING_BYTES;
    this.#entries.set(id, new HeldState(state, arrival, { below: lower && !dropped, bytes }));
  }

  raise(id: string, revision: number, nowMs: number): void {
    const held = this.#entries.peek(id);
    const floor = this.#floors.peek(id);
    if ((floor?.revision ?? 0) < revision) {
      const reached = floor === undefined || (held?.state.revision ?? -1) >= floor.revision;
      this.#floors.set(id, { revision, raisedAt: nowMs, since: reached ? nowMs : floor.since });
    }
    if (held === undefined || held.below || held.state.revision >= revision) return;
    // The state is kept: it can still be answered as stale should the store be away.
    this.#entries.replace(id, held.asBelow());
  }

  /** Notes whether the notifier is connected. True when notices may have been missed: each state is then loaded at its next use. */
  connected(is: boolean): boolean {
    const missed = is && this.#connection !== 'there';
    this.#connection = is ? 'there' : 'away';
    if (missed) this.#connections += 1;
    return missed;
  }

  /** Has each state loaded again at its next use. It can be answered as stale until then. */
  renew(): void {
    this.#connections += 1;
  }

  /** Forgets everything, and what loads that are under way will bring. */
  reset(): void {
    this.#entries.clear();
    this.#floors.clear();
  }

  #forgotSince(mark: LoadMark): boolean {
    return this.#floors.rotations >= mark.rotations + 2;
  }
}

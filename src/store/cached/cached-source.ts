import { type ActionNames, hasDaysOf, NO_ACTIONS } from '../../core/states/user-state.js';
import type { Demand, Held, StateSource } from '../state-source.js';
import { StoreUnavailable } from '../store.js';
import type { CacheClock } from './cache-clock.js';
import type { CacheObserver, StateKind } from './cache-observer.js';
import { HeldStates, type HeldStatesOptions, type Revised } from './held-states.js';
import type { LoadGroup } from './load-group.js';
import { LoadGroups } from './load-groups.js';
import type { StoreBreaker } from './store-breaker.js';

export interface CachedSourceOptions<T> extends HeldStatesOptions {
  readonly kind: StateKind;
  readonly read: (ids: readonly string[], daysOf: ActionNames) => Promise<ReadonlyMap<string, T>>;
  /** A state that was loaded as it is held, which takes less memory; `held` is the one that it comes in place of, if any. */
  readonly asHeld: (state: T, held: T | undefined) => T;
  /** The actions whose days are read with every user. */
  readonly daysOf: () => ActionNames;
  /** Whether a state has the days of these actions; left out, those that it names. */
  readonly hasDaysOf?: (state: T, actions: ActionNames) => boolean;
  readonly clock: CacheClock;
  readonly observer: CacheObserver;
  /** The store's breaker, which several sources may share. */
  readonly breaker: StoreBreaker;
  readonly maxIdsPerGroup: number;
  readonly maxGroupsInFlight: number;
  readonly answerWithinMs: number;
}

/** What a state needs to be answered without a load. */
interface Needed {
  readonly floor: number;
  readonly daysOf: ActionNames;
}

const FIRST_PAUSE_MS = 5;
const LONGEST_PAUSE_MS = 50;
const DOUBT_AFTER_MS = 300;

/**
 * States of one kind, of users or of organizations. A state in memory is answered while it is young; else the store is asked;
 * and while that does not answer, the state in memory is answered as stale.
 */
export class CachedSource<T extends Revised> implements StateSource<T> {
  readonly #options: CachedSourceOptions<T>;
  readonly #held: HeldStates<T>;
  readonly #loads: LoadGroups<T>;
  readonly #hasDaysOf: (state: T, actions: ActionNames) => boolean;
  /** The number of the last load that began while notices may have been missed: no caller joins it, or one before it. */
  #joinAfter = 0;

  constructor(options: CachedSourceOptions<T>) {
    this.#options = options;
    this.#hasDaysOf = options.hasDaysOf ?? hasDaysOf;
    const { clock, breaker, kind, observer } = options;
    const held = new HeldStates<T>(options);
    this.#held = held;
    this.#loads = new LoadGroups<T>({
      ...options,
      asHeld: (id, state) => options.asHeld(state, held.peek(id)?.state),
      onBegin: (ids) => {
        observer.loads(kind, ids);
        return held.mark(clock.monotonicMs());
      },
      onStates: (states, mark) => {
        held.admit(states, mark, clock.monotonicMs());
      },
      onAnswer: () => breaker.answered(),
      onFailure: (why) => {
        observer.loadFailures(kind, why);
        if (why !== 'error') breaker.failed(clock.monotonicMs());
      },
    });
  }

  /** How many states are held, about how many bytes they take, and how many ids are being loaded. */
  sizes(): { readonly held: number; readonly bytes: number; readonly loading: number } {
    return { held: this.#held.size, bytes: this.#held.bytes, loading: this.#loads.size };
  }

  peek(id: string, daysOf: ActionNames = NO_ACTIONS): Held<T> | undefined {
    const { kind, observer } = this.#options;
    const answer = this.#atOnce(id, { floor: 0, daysOf });
    if (answer?.stale === false) observer.hits(kind, 1);
    else if (answer !== undefined) observer.staleAnswers(kind, 1);
    return answer;
  }

  async load(ids: readonly string[], demand: Demand): Promise<ReadonlyMap<string, Held<T>>> {
    const { clock, kind, observer, answerWithinMs } = this.#options;
    const answers = new Map<string, Held<T>>();
    const callBegan = this.#loads.sequence;
    let missing = this.#answerAtOnce(ids, demand, answers);
    observer.hits(kind, answers.size - countStale(answers));
    observer.misses(kind, missing.size);

    const now = clock.monotonicMs();
    const untilMs = demand.deadline === undefined ? Number.POSITIVE_INFINITY : now + demand.deadline - clock.epochMs();
    const repeatUntilMs = demand.deadline === undefined ? now + answerWithinMs : untilMs;
    let joinAfter = (id: string): number =>
      demand.fresh === true || demand.floors?.has(id) === true ? callBegan : this.#joinAfter;
    // A floor that is not reached for a while is doubted, but early enough to be told of it before the deadline.
    let doubtAtMs = demand.doubt === undefined ? Infinity : now + Math.min(DOUBT_AFTER_MS, (repeatUntilMs - now) / 2);
    for (let pauseMs = FIRST_PAUSE_MS; missing.size > 0; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
      const groups = new Map<string, LoadGroup<T>>();
      for (const id of missing) groups.set(id, this.#loads.join(id, joinAfter(id), demand.daysOf));
      await this.#loads.settled(new Set(groups.values()), untilMs);

      const leftMs = repeatUntilMs - clock.monotonicMs();
      const lower = new Set<string>();
      let lastBegun = 0;
      for (const [id, group] of groups) {
        const answer = this.#take(id, group, demand) ?? (leftMs <= 0 ? this.#lastResort(id, demand, group) : undefined);
        if (answer !== undefined) answers.set(id, answer);
        else {
          lower.add(id);
          lastBegun = Math.max(lastBegun, group.sequence);
        }
      }
      if (lower.size === 0) break;
      if (clock.monotonicMs() >= doubtAtMs) {
        doubtAtMs = Infinity;
        await demand.doubt?.();
      }
      await this.#pause(Math.min(pauseMs, leftMs));
      joinAfter = () => Math.max(lastBegun, this.#joinAfter);
      missing = this.#answerAtOnce(lower, demand, answers);
    }
    const stale = countStale(answers);
    if (stale > 0) observer.staleAnswers(kind, stale);
    return answers;
  }

  raise(id: string, revision: number): void {
    this.#held.raise(id, revision, this.#options.clock.monotonicMs());
  }

  connected(is: boolean): void {
    if (this.#held.connected(is)) this.#joinAfter = this.#loads.sequence;
  }

  /** Has each state loaded again at its next use, by a load that begins after this; for a change of what states are read as. */
  renew(): void {
    this.#held.renew();
    this.#joinAfter = this.#loads.sequence;
  }

  /** Forgets every state and floor; for a store whose revisions began anew, as after a restore. */
  reset(): void {
    this.#held.reset();
    this.#joinAfter = this.#loads.sequence;
  }

  /** Rejects everybody who waits with `StoreUnavailable`. */
  close(): void {
    this.#loads.close();
  }

  /** Adds those answers that need not be waited for; gives the ids of the others. */
  #answerAtOnce(ids: Iterable<string>, demand: Demand, answers: Map<string, Held<T>>): Set<string> {
    if (demand.fresh === true) return new Set(ids);
    const missing = new Set<string>();
    for (const id of ids) {
      const answer = this.#atOnce(id, { floor: demand.floors?.get(id) ?? 0, daysOf: demand.daysOf ?? NO_ACTIONS });
      if (answer === undefined) missing.add(id);
      else answers.set(id, answer);
    }
    return missing;
  }

  /** The state if it is young or, when the store was away a moment ago, if it can be answered as stale. */
  #atOnce(id: string, { floor, daysOf }: Needed): Held<T> | undefined {
    const held = this.#held.get(id);
    if (held === undefined || held.state.revision < floor) return undefined;
    const { clock, breaker } = this.#options;
    const now = clock.monotonicMs();
    if (this.#held.isYoung(held, now) && this.#hasDaysOf(held.state, daysOf)) return held;
    if (!breaker.isOpen(now) || !this.#held.isUsable(held, now)) return undefined;
    // A load that nobody waits for finds out whether the store is back, and fills the cache if it is.
    if (breaker.takeProbe(now)) this.#loads.join(id, this.#joinAfter);
    return { state: held.state, stale: true };
  }

  /** The answer that a finished load gives; undefined where the state is older than demanded and has to be loaded again. */
  #take(id: string, group: LoadGroup<T>, demand: Demand): Held<T> | undefined {
    const { outcome, mark } = group;
    if (outcome?.kind === 'failed') throw outcome.error;
    if (outcome?.kind !== 'states' || mark === undefined) return this.#lastResort(id, demand, group);
    const loaded = outcome.states.get(id);
    if (loaded === undefined) throw new Error(`The store gave no state for ${JSON.stringify(id)}.`);
    const held = this.#held.peek(id)?.state;
    const { fresh, daysOf = NO_ACTIONS } = demand;
    const newer = held !== undefined && held.revision > loaded.revision && this.#hasDaysOf(held, daysOf);
    const best = fresh !== true && newer ? held : loaded;
    const reached =
      best.revision >= (demand.floors?.get(id) ?? 0) &&
      this.#held.reaches(id, best.revision, mark) &&
      this.#hasDaysOf(best, daysOf);
    return reached ? { state: best, stale: false } : undefined;
  }

  /** The state in memory, when the store did not give one; throws where there is none that can be answered. */
  #lastResort(id: string, demand: Demand, group: LoadGroup<T>): Held<T> {
    const held = this.#held.get(id);
    const floor = demand.floors?.get(id) ?? 0;
    if (demand.fresh !== true && held !== undefined && held.state.revision >= floor) {
      const now = this.#options.clock.monotonicMs();
      if (this.#held.isYoung(held, now) && this.#hasDaysOf(held.state, demand.daysOf ?? NO_ACTIONS)) return held;
      if (this.#held.isUsable(held, now)) return { state: held.state, stale: true };
    }
    const wanted = `${this.#options.kind}: ${JSON.stringify(id)}${floor > 0 ? ` at revision ${floor}` : ''}`;
    const cause = group.outcome?.kind === 'away' ? group.outcome.cause : undefined;
    throw new StoreUnavailable(`${wanted} is not held, and the store did not give it in time.`, cause);
  }

  #pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.#options.clock.schedule(delayMs, resolve);
    });
  }
}

function countStale<T>(answers: ReadonlyMap<string, Held<T>>): number {
  let count = 0;
  for (const { stale } of answers.values()) if (stale) count += 1;
  return count;
}

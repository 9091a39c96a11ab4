import { type ActionNames, allActions, hasDaysOf, NO_ACTIONS } from '../../core/states/user-state.js';
import { StoreUnavailable } from '../store.js';
import type { CacheClock } from './cache-clock.js';
import type { LoadFailure } from './cache-observer.js';
import type { LoadMark } from './held-states.js';
import { LoadGroup, type LoadOutcome } from './load-group.js';

export interface LoadGroupsOptions<T> {
  readonly read: (ids: readonly string[], daysOf: ActionNames) => Promise<ReadonlyMap<string, T>>;
  /** A state as it is held, which is also given to those who asked. */
  readonly asHeld: (id: string, state: T) => T;
  /** The actions whose days are read with every user. */
  readonly daysOf: () => ActionNames;
  readonly clock: CacheClock;
  readonly maxIdsPerGroup: number;
  readonly maxGroupsInFlight: number;
  /** How long a call may take before the store counts as away, milliseconds. */
  readonly answerWithinMs: number;
  /** Called when a call to the store begins, with the number of its ids. */
  readonly onBegin: (ids: number) => LoadMark;
  /** Called with what a call brought, before those who asked are told, and even if it is too late for them. */
  readonly onStates: (states: ReadonlyMap<string, T>, mark: LoadMark) => void;
  /** Called when a call was answered in time. */
  readonly onAnswer: () => void;
  readonly onFailure: (why: LoadFailure) => void;
}

/** A caller that waits for groups. */
interface Waiter {
  readonly startedAt: number;
  readonly giveUp: () => void;
}

/**
 * Gathers loads of single ids into few calls to the store. Ids that are asked for in one turn of the event loop go together,
 * and so do those that are asked for while no further call may be made.
 */
export class LoadGroups<T> {
  readonly #options: LoadGroupsOptions<T>;
  readonly #queue: LoadGroup<T>[] = [];
  readonly #queuedById = new Map<string, LoadGroup<T>>();
  readonly #inFlight = new Set<LoadGroup<T>>();
  readonly #inFlightById = new Map<string, LoadGroup<T>>();
  #sequence = 0;
  #lastAnswerAt = Number.NEGATIVE_INFINITY;
  /** Whoever waits, in the order in which they began to, which is that in which they give up: one timer is enough for all. */
  readonly #waiters = new Set<Waiter>();
  #endWatch: (() => void) | undefined;
  #planned: NodeJS.Immediate | undefined;
  /** The outcome of every load once it is closed. */
  #closed: LoadOutcome<T> | undefined;

  constructor(options: LoadGroupsOptions<T>) {
    this.#options = options;
  }

  /** The number of the group that began last. */
  get sequence(): number {
    return this.#sequence;
  }

  /** How many ids wait or are being loaded. */
  get size(): number {
    return this.#queuedById.size + this.#inFlightById.size;
  }

  /**
   * The group that loads this id, with the days of these actions. One that has begun already is joined only if it began after the
   * given group, and reads these days.
   */
  join(id: string, afterSequence: number, daysOf: ActionNames = NO_ACTIONS): LoadGroup<T> {
    const begun = this.#inFlightById.get(id);
    if (begun !== undefined && begun.sequence > afterSequence && hasDaysOf(begun, daysOf)) return begun;
    const group = this.#queuedById.get(id) ?? this.#enqueue(id);
    group.daysOf = allActions(group.daysOf, daysOf);
    return group;
  }

  /**
   * Resolves when all these groups have an outcome, or at `untilMs` (monotonic), or when the store has answered no call for
   * as long as one may take: a group that waits for its turn does not wait longer for a store that is away than others.
   */
  async settled(groups: ReadonlySet<LoadGroup<T>>, untilMs: number): Promise<void> {
    const { clock } = this.#options;
    const { promise, resolve } = Promise.withResolvers<void>();
    const waiter: Waiter = { startedAt: clock.monotonicMs(), giveUp: resolve };
    this.#waiters.add(waiter);
    this.#watch();
    const hasDeadline = untilMs < Number.POSITIVE_INFINITY;
    const cancel = hasDeadline ? clock.schedule(untilMs - waiter.startedAt, resolve) : undefined;
    let left = groups.size;
    for (const group of groups) {
      group.whenSettled(() => {
        left -= 1;
        if (left === 0) resolve();
      });
    }
    await promise;
    cancel?.();
    this.#waiters.delete(waiter);
    if (this.#waiters.size > 0) return;
    this.#endWatch?.();
    this.#endWatch = undefined;
  }

  /** Lets those give up for whom the store has been silent for too long, now and whenever that may be so again. */
  #watch(): void {
    if (this.#endWatch !== undefined) return;
    const { clock, answerWithinMs } = this.#options;
    const now = clock.monotonicMs();
    for (const { startedAt, giveUp } of this.#waiters) {
      const leftMs = Math.max(startedAt, this.#lastAnswerAt) + answerWithinMs - now;
      if (leftMs <= 0) {
        giveUp();
        continue;
      }
      this.#endWatch = clock.schedule(leftMs, () => {
        this.#endWatch = undefined;
        this.#watch();
      });
      return;
    }
  }

  close(): void {
    const outcome: LoadOutcome<T> = { kind: 'away', cause: new StoreUnavailable('The cache is closed.') };
    this.#closed = outcome;
    clearImmediate(this.#planned);
    for (const group of [...this.#inFlight]) this.#settle(group, outcome);
    this.#dropQueue(outcome);
  }

  #enqueue(id: string): LoadGroup<T> {
    let group = this.#queue.at(-1);
    if (group === undefined || group.ids.size >= this.#options.maxIdsPerGroup) {
      group = new LoadGroup();
      if (this.#closed !== undefined) {
        group.settle(this.#closed);
        return group;
      }
      this.#queue.push(group);
      this.#plan();
    }
    group.ids.add(id);
    this.#queuedById.set(id, group);
    return group;
  }

  #plan(): void {
    if (this.#closed !== undefined) return;
    this.#planned ??= setImmediate(() => {
      this.#planned = undefined;
      while (this.#inFlight.size < this.#options.maxGroupsInFlight) {
        const group = this.#queue.shift();
        if (group === undefined) return;
        this.#begin(group);
      }
    });
  }

  #begin(group: LoadGroup<T>): void {
    const { clock, answerWithinMs, onBegin } = this.#options;
    this.#sequence += 1;
    group.daysOf = allActions(this.#options.daysOf(), group.daysOf);
    const mark = onBegin(group.ids.size);
    group.begin(
      this.#sequence,
      mark,
      clock.schedule(answerWithinMs, () => this.#timedOut(group, mark)),
    );
    this.#inFlight.add(group);
    for (const id of group.ids) {
      this.#queuedById.delete(id);
      this.#inFlightById.set(id, group);
    }
    void this.#read(group, mark);
  }

  async #read(group: LoadGroup<T>, mark: LoadMark): Promise<void> {
    const { read, asHeld, clock, onStates, onAnswer, onFailure } = this.#options;
    let states: ReadonlyMap<string, T>;
    try {
      const brought = await read([...group.ids], group.daysOf);
      const held = new Map<string, T>();
      for (const [id, state] of brought) held.set(id, asHeld(id, state));
      states = held;
    } catch (error) {
      if (group.outcome !== undefined) return;
      const away = error instanceof StoreUnavailable;
      if (!away) this.#lastAnswerAt = clock.monotonicMs();
      onFailure(away ? 'unavailable' : 'error');
      this.#settle(group, away ? { kind: 'away', cause: error } : { kind: 'failed', error });
      return;
    }
    if (this.#closed !== undefined) return;
    onStates(states, mark);
    // A late answer is kept, but does not count as a sign that the store is back.
    if (group.outcome !== undefined) return;
    this.#lastAnswerAt = clock.monotonicMs();
    onAnswer();
    this.#settle(group, { kind: 'states', states });
  }

  #timedOut(group: LoadGroup<T>, mark: LoadMark): void {
    const outcome: LoadOutcome<T> = { kind: 'away', cause: undefined };
    this.#options.onFailure('timeout');
    const stuck = this.#inFlight.size >= this.#options.maxGroupsInFlight && this.#lastAnswerAt <= mark.at;
    this.#settle(group, outcome);
    if (stuck) this.#dropQueue(outcome);
  }

  /** Ends a group, so that the next one can begin. */
  #settle(group: LoadGroup<T>, outcome: LoadOutcome<T>): void {
    this.#inFlight.delete(group);
    for (const id of group.ids) if (this.#inFlightById.get(id) === group) this.#inFlightById.delete(id);
    group.settle(outcome);
    if (this.#queue.length > 0) this.#plan();
  }

  #dropQueue(outcome: LoadOutcome<T>): void {
    for (const group of this.#queue.splice(0)) group.settle(outcome);
    this.#queuedById.clear();
  }
}

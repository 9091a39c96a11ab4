import { setTimeout as sleep } from 'node:timers/promises';
import type { Call } from '../../calls/caller.js';
import { type Consistency, decodeToken } from '../../calls/consistency/consistency-token.js';
import { STORE_ANSWERS_MS, storeAnswerWithin } from '../../calls/consistency/store-answer.js';
import { LatchkeyError, unavailable } from '../../calls/errors.js';
import type { ConfigurationKeeper } from '../../configuration/configuration-keeper.js';
import type { Demand } from '../../store/state-source.js';
import type { Store } from '../../store/store.js';
import { requireHeld } from './lost-write.js';
import type { UserNotices } from './user-notices.js';

/** How recent the state must be that a call is answered from. */
export interface ConsistencyInput {
  /** The state is at least the one that this token stands for; '' for none. */
  readonly consistencyToken: string;
  /** The state is read from the store, not from a cache. */
  readonly full: boolean;
}

export interface GateOptions {
  readonly store: Pick<Store, 'events' | 'epoch' | 'checkWriting' | 'transaction'>;
  readonly keeper: ConfigurationKeeper;
  readonly notices: UserNotices;
  /** How long a call waits for a store that does not answer, in milliseconds; `STORE_ANSWERS_MS` when left out. */
  readonly storeAnswersMs?: number;
}

interface Wait {
  readonly deadline: number;
  readonly signal: AbortSignal | undefined;
  /** Resolves when the store may have something new, after `limitMs` at the latest; called before each look at the store. */
  readonly again: (limitMs: number) => Promise<void>;
  /** Called once after a while: where it rejects, so does the wait. */
  readonly doubt?: () => Promise<void>;
}

interface Pending {
  readonly receivedAt: number;
  readonly deadline: number;
}

export interface Demands {
  readonly users: Demand;
  readonly organizations: Demand;
}

/** The longest that a call waits for the state that its token stands for. */
const PATIENCE_MS = 5_000;
/** How soon the store is asked again when no notice comes. */
const LOOK_AGAIN_MS = 50;
/** How long the store is asked before it is doubted that what is waited for will ever be there. */
const DOUBT_AFTER_MS = 300;
/** The time that is left for the last question to the store before the deadline. */
const LAST_LOOK_MS = 5;
/** How many users one question is about, for which the store has its usual time to answer. */
const USERS_PER_QUESTION = 500;

/** Holds a call back until this server can answer from the state that the call's token stands for. */
export class ConsistencyGate {
  readonly #options: GateOptions;
  readonly #storeAnswersMs: number;

  constructor(options: GateOptions) {
    this.#options = options;
    this.#storeAnswersMs = options.storeAnswersMs ?? STORE_ANSWERS_MS;
  }

  /**
   * Resolves, when the call may go on, with how recent the states must be that are then loaded. Rejects with INVALID for a
   * malformed token, with UNAVAILABLE when the deadline comes first or the token stands for a lost write.
   */
  async pass(consistency: ConsistencyInput, userIds: readonly string[], call: Call): Promise<Demands> {
    const { keeper } = this.#options;
    const token = decodeToken(consistency.consistencyToken);
    if (token === undefined && !consistency.full) {
      const demand = call.deadline === undefined ? {} : { deadline: call.deadline };
      return { users: demand, organizations: demand };
    }
    const deadline = Math.min(call.deadline ?? Infinity, Date.now() + PATIENCE_MS);
    const foreign = token !== undefined && token.epoch !== (await this.#timely(deadline, this.#options.store.epoch()));
    // The state that a token from before a restore stands for may be gone: such a call is answered from the store.
    const promised = foreign ? undefined : token;
    const doubt = promised && (() => this.#doubt(promised));
    if (promised?.configuration !== undefined) await this.#untilConfigured(promised.configuration, deadline, doubt);
    const counted = promised?.receivedAt !== undefined && userIds.length > 0;
    if (counted) await this.#untilCounted(userIds, promised.receivedAt, deadline, call.signal);
    if (consistency.full || foreign || promised?.full) {
      await this.#timely(deadline, keeper.refresh(this.#storeAnswersMs));
      const demand = { deadline, fresh: true };
      return { users: demand, organizations: demand };
    }
    const common = { deadline, ...(doubt === undefined ? {} : { doubt }) };
    return {
      users: { ...common, ...floorsOf(promised, 'users'), ...(counted ? { fresh: true } : {}) },
      organizations: { ...common, ...floorsOf(promised, 'organizations') },
    };
  }

  /** Rejects with UNAVAILABLE where the database has lost what the token stands for; else, or where it cannot tell, the wait goes on. */
  async #doubt(token: Consistency): Promise<void> {
    try {
      await storeAnswerWithin(this.#storeAnswersMs, requireHeld(this.#options.store, token));
    } catch (error) {
      if (error instanceof LatchkeyError) throw error;
    }
  }

  /** The result of `work`; rejects with UNAVAILABLE when the deadline comes first. */
  async #timely<T>(deadline: number, work: Promise<T>): Promise<T> {
    return storeAnswerWithin(deadline - Date.now(), work);
  }

  /**
   * Waits until every event of these users that was received up to that instant has been counted. What has been counted stays so:
   * of a batch's users only those are asked about again who still had such an event.
   */
  async #untilCounted(userIds: readonly string[], receivedAt: number, deadline: number, signal?: AbortSignal) {
    const { notices } = this.#options;
    let waiting = [...new Set(userIds)];
    await this.#until({ deadline, signal, again: (limitMs) => notices.next(waiting, limitMs) }, async () => {
      waiting = await this.#stillPending(waiting, { receivedAt, deadline });
      return waiting.length === 0;
    });
  }

  async #stillPending(userIds: readonly string[], { receivedAt, deadline }: Pending): Promise<string[]> {
    const { store } = this.#options;
    const pending: string[] = [];
    for (let from = 0; from < userIds.length; from += USERS_PER_QUESTION) {
      const some = userIds.slice(from, from + USERS_PER_QUESTION);
      const limitMs = Math.min(this.#storeAnswersMs, deadline - Date.now());
      for (const id of await storeAnswerWithin(limitMs, store.events.pendingUsers(some, receivedAt))) pending.push(id);
    }
    return pending;
  }

  async #untilConfigured(revision: number, deadline: number, doubt: (() => Promise<void>) | undefined) {
    const { keeper } = this.#options;
    if (keeper.holds(revision)) return;
    await this.#until({ deadline, signal: undefined, again: sleep, ...(doubt && { doubt }) }, async () => {
      return (await keeper.refresh(this.#storeAnswersMs)).revision >= revision;
    });
  }

  async #until({ deadline, signal, again, doubt }: Wait, met: () => Promise<boolean>): Promise<void> {
    const began = Date.now();
    let doubtAt = doubt === undefined ? Infinity : began + Math.min(DOUBT_AFTER_MS, (deadline - began) / 2);
    for (;;) {
      const askedAt = Date.now();
      // Where little time is left, the store is asked once more just before the deadline.
      const leftMs = (): number => Math.max(0, deadline - Date.now() - LAST_LOOK_MS);
      const next = again(Math.min(LOOK_AGAIN_MS, leftMs()));
      if (await this.#timely(deadline, met())) return;
      if (signal?.aborted || Date.now() + LAST_LOOK_MS >= deadline) {
        throw unavailable('what the consistency_token stands for did not get here before the deadline; try again');
      }
      // A store that takes long to answer is asked for half of the time at most.
      const tookMs = Date.now() - askedAt;
      if (tookMs > LOOK_AGAIN_MS) await sleep(Math.min(tookMs, leftMs()));
      await next;
      if (Date.now() < doubtAt) continue;
      doubtAt = Infinity;
      await doubt?.();
    }
  }
}

function floorsOf(token: Consistency | undefined, kind: 'users' | 'organizations'): Pick<Demand, 'floors'> {
  const pairs = token?.[kind];
  return pairs === undefined ? {} : { floors: new Map(pairs) };
}

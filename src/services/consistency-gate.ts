import type { Demand } from '../store/state-source.js';
import type { Store } from '../store/store.js';
import type { Call } from './caller.js';
import type { ConfigurationKeeper } from './configuration-keeper.js';
import { type Consistency, decodeToken } from './consistency-token.js';
import { unavailable } from './errors.js';

/** What a call demands of the state it is answered from. */
export interface Requirement {
  /** '' for none. */
  readonly consistencyToken: string;
  /** Read the store, through no cache. */
  readonly full: boolean;
}

export interface GateOptions {
  readonly store: Pick<Store, 'events' | 'epoch'>;
  readonly keeper: ConfigurationKeeper;
}

export interface Demands {
  readonly users: Demand;
  readonly organizations: Demand;
}

/** How long a call without a deadline waits for what its token promises. */
const PATIENCE_MS = 5_000;
const FIRST_LOOK_MS = 4;
const LAST_LOOK_MS = 50;

/** Lets a call pass once its token's promises can be kept, and says what must be demanded of the states then. */
export class ConsistencyGate {
  readonly #options: GateOptions;

  constructor(options: GateOptions) {
    this.#options = options;
  }

  /** Rejects with INVALID for a malformed token, with UNAVAILABLE when the deadline comes first. */
  async pass(requirement: Requirement, userIds: readonly string[], call: Call): Promise<Demands> {
    const { keeper } = this.#options;
    const token = decodeToken(requirement.consistencyToken);
    if (token === undefined && !requirement.full) {
      const demand = call.deadline === undefined ? {} : { deadline: call.deadline };
      return { users: demand, organizations: demand };
    }
    const deadline = Math.min(call.deadline ?? Infinity, Date.now() + PATIENCE_MS);
    const foreign = token !== undefined && token.epoch !== (await this.#options.store.epoch());
    if (requirement.full || foreign || token?.full) {
      await keeper.refresh();
      const demand = { deadline, fresh: true };
      return { users: demand, organizations: demand };
    }
    if (token?.configuration !== undefined) await this.#untilConfigured(token.configuration, deadline);
    const counted = token?.receivedAt !== undefined && userIds.length > 0;
    if (counted) await this.#untilCounted(userIds, token.receivedAt, deadline, call.signal);
    return {
      users: { deadline, ...floorsOf(token, 'users'), ...(counted ? { fresh: true } : {}) },
      organizations: { deadline, ...floorsOf(token, 'organizations') },
    };
  }

  /** Waits until nothing that these users did up to that instant is pending. */
  async #untilCounted(userIds: readonly string[], receivedAt: number, deadline: number, signal?: AbortSignal) {
    const { store } = this.#options;
    await this.#until(deadline, signal, async () => (await store.events.pendingUsers(userIds, receivedAt)).size === 0);
  }

  async #untilConfigured(revision: number, deadline: number) {
    const { keeper } = this.#options;
    if (keeper.snapshot.revision >= revision) return;
    await this.#until(deadline, undefined, async () => (await keeper.refresh()).revision >= revision);
  }

  async #until(deadline: number, signal: AbortSignal | undefined, met: () => Promise<boolean>): Promise<void> {
    for (let pauseMs = FIRST_LOOK_MS; !(await met()); pauseMs = Math.min(pauseMs * 2, LAST_LOOK_MS)) {
      if (signal?.aborted || Date.now() + pauseMs > deadline) {
        throw unavailable('what the consistency_token stands for did not get here before the deadline; try again');
      }
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
}

function floorsOf(token: Consistency | undefined, kind: 'users' | 'organizations'): Pick<Demand, 'floors'> {
  const pairs = token?.[kind];
  return pairs === undefined ? {} : { floors: new Map(pairs) };
}

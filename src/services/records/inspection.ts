import type { Call } from '../../calls/caller.js';
import { invalid, notFound } from '../../calls/errors.js';
import { authorize } from '../../calls/permissions.js';
import { recordAudit } from '../../calls/record-audit.js';
import type { AccessRow, Flag } from '../../core/flags/flag.js';
import type { LedgerEntry } from '../../core/states/ledger.js';
import type { UserState } from '../../core/states/user-state.js';
import { quote } from '../../core/values/json.js';
import { faultOfName } from '../../core/values/names.js';
import { laneOf, partitionOf } from '../../core/values/partition.js';
import type { WorkQueue } from '../../queue/queue.js';
import type { AuditEntry } from '../../store/audit-store.js';
import type { FlagFilter } from '../../store/configuration-store.js';
import type { DeadLetter, EventKey } from '../../store/event-store.js';
import type { Page, PageRequest } from '../../store/page.js';
import type { Store } from '../../store/store.js';
import { requireOwnUser } from '../access/own-user.js';

export interface InspectionOptions {
  readonly store: Store;
  readonly queue: Pick<WorkQueue, 'wake'>;
  readonly lanes: number;
}

const MAX_REPLAY = 1_000;

/** What operators look into: flags, rows, users, the ledger, dead letters, the audit. Reads the store, never a cache. */
export class InspectionService {
  readonly #options: InspectionOptions;

  constructor(options: InspectionOptions) {
    this.#options = options;
  }

  async flag(call: Call, keyOrId: string): Promise<Flag> {
    authorize(call, 'GetFlag');
    return this.#flag(keyOrId);
  }

  async flags(call: Call, page: PageRequest, filter: FlagFilter): Promise<Page<Flag>> {
    authorize(call, 'ListFlags');
    return this.#options.store.configuration.flags(page, filter);
  }

  async access(call: Call, keyOrId: string, page: PageRequest): Promise<Page<AccessRow>> {
    authorize(call, 'ListAccess');
    const { id } = await this.#flag(keyOrId);
    return this.#options.store.configuration.access(id, page);
  }

  /** Everything stored about a user; of one of whom nothing is stored, an empty state. */
  async user(call: Call, userId: string): Promise<UserState> {
    authorize(call, 'GetUser');
    return this.#user(call, userId);
  }

  async unlocks(call: Call, userId: string, page: PageRequest): Promise<Page<LedgerEntry>> {
    authorize(call, 'ListUnlocks');
    await this.#user(call, userId);
    return this.#options.store.history.ledger(userId, page);
  }

  /** A page of them, and how many there are in all. */
  async deadLetters(call: Call, page: PageRequest): Promise<Page<DeadLetter> & { readonly total: number }> {
    authorize(call, 'ListDeadLetters');
    const { events } = this.#options.store;
    const [letters, total] = await Promise.all([events.deadLetters(page), events.deadLetterCount()]);
    return { ...letters, total };
  }

  /** Has dead letters counted again; gives how many there were among those named. */
  async replay(call: Call, keys: readonly EventKey[]): Promise<number> {
    authorize(call, 'ReplayDeadLetters');
    if (keys.length > MAX_REPLAY)
      throw invalid(`a call replays at most ${MAX_REPLAY} dead letters, not ${keys.length}`);
    const { store, queue, lanes } = this.#options;
    const replayed = await store.transaction(async (tx) => {
      const count = await tx.inbox.replay(keys);
      await recordAudit(tx, call, await tx.now(), {
        action: 'dead-letters.replay',
        target: 'events',
        before: undefined,
        after: { replayed: count, keys },
        comment: '',
      });
      return count;
    });
    await queue.wake(new Set(keys.map(({ userId }) => laneOf(partitionOf(userId), lanes))));
    return replayed;
  }

  async audit(call: Call, page: PageRequest, filter: { readonly target?: string }): Promise<Page<AuditEntry>> {
    authorize(call, 'ListAudit');
    return this.#options.store.audit.list(page, filter);
  }

  async #flag(keyOrId: string): Promise<Flag> {
    const flag = await this.#options.store.configuration.flag(keyOrId);
    if (flag === undefined) throw notFound(`no flag ${quote(keyOrId)}`);
    return flag;
  }

  async #user(call: Call, userId: string): Promise<UserState> {
    const fault = faultOfName('userId', userId);
    if (fault !== undefined) throw invalid(fault);
    const state = (await this.#options.store.states.users([userId])).get(userId)!;
    requireOwnUser(call, state);
    return state;
  }
}

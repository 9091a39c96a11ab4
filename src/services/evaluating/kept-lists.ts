import { LRUCache } from 'lru-cache';
import type { EvaluationContext } from '../../core/deciding/decision.js';
import type { Snapshot } from '../../core/snapshot/snapshot.js';
import type { OrganizationState } from '../../core/states/organization-state.js';
import type { UserState } from '../../core/states/user-state.js';
import type { ListAnswer, ListForm, ToldList } from './listed-flags.js';

/** All that a list rests on beside time. None of it ever changes, but is replaced. */
export interface ListBasis {
  readonly snapshot: Snapshot;
  readonly user: UserState;
  readonly organization: OrganizationState | undefined;
  readonly context: EvaluationContext;
}

interface Kept {
  readonly basis: ListBasis;
  readonly form: ListForm<ToldList>;
  readonly answer: ListAnswer<ToldList>;
  /** From when until when time changes nothing of it: epoch milliseconds, the end not included. */
  readonly from: number;
  readonly until: number;
}

const MAX_BYTES = 32 * 2 ** 20;
const MAX_LISTS = 100_000;
/** What keeping a list takes, whatever is told: its basis, and a user's state that may have been replaced. */
const KEEPING_BYTES = 1_000;

/**
 * The last list of each user who asked lately, for whoever asks again while all that it rests on is the same: the same snapshot, the
 * same states, the same words of the call, in a time that changes none of its decisions. It is then what would be decided again.
 */
export class KeptLists {
  readonly #kept = new LRUCache<string, Kept>({
    max: MAX_LISTS,
    maxSize: MAX_BYTES,
    sizeCalculation: ({ answer }) => KEEPING_BYTES + answer.told.bytes,
  });

  find<T extends ToldList>(basis: ListBasis, form: ListForm<T>, now: number): ListAnswer<T> | undefined {
    const kept = this.#kept.get(basis.user.id);
    if (kept === undefined || now < kept.from || now >= kept.until) return undefined;
    if (kept.form !== form || !isSame(kept.basis, basis)) return undefined;
    return kept.answer as ListAnswer<T>;
  }

  keep<T extends ToldList>(
    basis: ListBasis,
    form: ListForm<T>,
    answer: ListAnswer<T>,
    time: Pick<Kept, 'from' | 'until'>,
  ) {
    this.#kept.set(basis.user.id, { basis, form, answer, ...time });
  }
}

function isSame(one: ListBasis, other: ListBasis): boolean {
  return (
    one.snapshot === other.snapshot &&
    one.user === other.user &&
    one.organization === other.organization &&
    one.context.organizationId === other.context.organizationId &&
    one.context.roles === other.context.roles &&
    one.context.joinedAt === other.context.joinedAt &&
    one.context.attributes === other.context.attributes
  );
}

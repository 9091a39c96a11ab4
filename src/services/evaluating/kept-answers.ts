import { LRUCache } from 'lru-cache';
import type { EvaluationContext } from '../../core/deciding/decision.js';
import type { Snapshot } from '../../core/snapshot/snapshot.js';
import type { OrganizationState } from '../../core/states/organization-state.js';
import type { UserState } from '../../core/states/user-state.js';
import type { TargetStates } from './target-states.js';

/** All that an answer about one user rests on beside time. None of it ever changes, but is replaced. */
export interface Basis {
  readonly snapshot: Snapshot;
  readonly user: UserState;
  readonly organization: OrganizationState | undefined;
  readonly context: EvaluationContext;
  /** What is asked for, as one object for all who ask for the same. */
  readonly asked: object;
}

export function basisOf(
  snapshot: Snapshot,
  { user, organization }: TargetStates,
  context: EvaluationContext,
  asked: object,
): Basis {
  return { snapshot, user: user.state, organization: organization?.state, context, asked };
}

/** When an answer holds: from the first instant on, before the second; epoch milliseconds. */
export interface Span {
  readonly from: number;
  readonly until: number;
}

/**
 * An answer, and what it rests on. States are replaced within seconds, and may be large: what nobody else holds any more is not kept
 * for this, which could never be found again.
 */
interface Kept<Answer> extends Span {
  readonly user: WeakRef<UserState>;
  readonly organization: WeakRef<OrganizationState> | undefined;
  readonly context: EvaluationContext;
  readonly asked: object;
  readonly answer: Answer;
  readonly bytes: number;
}

const MAX_BYTES = 32 * 2 ** 20;
/** The largest answer that is kept: one that is very large would be in place of very many. */
const MAX_BYTES_PER_ANSWER = MAX_BYTES / 128;
/** What keeping an answer takes, whatever it is. */
const KEEPING_BYTES = 500;

/**
 * The last answer about each user who was asked about lately, for whoever asks again while all that it rests on is the same: the same
 * snapshot, the same states, the same words of the call, in a time that changes none of its decisions. It is then what would be decided
 * again, but that it may tell an earlier instant until which a decision is valid at least.
 */
export class KeptAnswers<Answer> {
  readonly #kept = new LRUCache<string, Kept<Answer>>({
    maxSize: MAX_BYTES,
    maxEntrySize: MAX_BYTES_PER_ANSWER,
    sizeCalculation: ({ bytes }) => KEEPING_BYTES + bytes,
  });
  /** That of all answers which are kept. */
  #snapshot: Snapshot | undefined;

  find(basis: Basis, now: number): Answer | undefined {
    if (basis.snapshot !== this.#snapshot) return undefined;
    const kept = this.#kept.get(basis.user.id);
    if (kept === undefined || now < kept.from || now >= kept.until) return undefined;
    return isSame(kept, basis) ? kept.answer : undefined;
  }

  /** @param bytes about what the answer takes in memory, without what answers share */
  keep(basis: Basis, answer: Answer, { from, until, bytes }: Span & { readonly bytes: number }): void {
    const { snapshot, user, organization, context, asked } = basis;
    if (snapshot !== this.#snapshot) {
      this.#kept.clear();
      this.#snapshot = snapshot;
    }
    this.#kept.set(user.id, {
      user: new WeakRef(user),
      organization: organization && new WeakRef(organization),
      context,
      asked,
      answer,
      from,
      until,
      bytes,
    });
  }
}

function isSame<Answer>(kept: Kept<Answer>, { user, organization, context, asked }: Basis): boolean {
  return (
    kept.asked === asked &&
    kept.context.organizationId === context.organizationId &&
    kept.context.roles === context.roles &&
    kept.context.joinedAt === context.joinedAt &&
    kept.context.attributes === context.attributes &&
    kept.context.anonymousId === context.anonymousId &&
    kept.user.deref() === user &&
    (organization === undefined ? kept.organization === undefined : kept.organization?.deref() === organization)
  );
}

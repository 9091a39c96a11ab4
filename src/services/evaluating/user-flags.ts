import type { Call } from '../../calls/caller.js';
import { authorize } from '../../calls/permissions.js';
import type { Snapshot } from '../../core/snapshot/snapshot.js';
import { ownTarget } from '../access/caller-reach.js';
import { AnswerRoom, LARGE_FLAGS, MAX_BYTES_PER_ANSWER } from './answer-room.js';
import type { ConsistencyInput } from './consistency-gate.js';
import type { Evaluator, Listed } from './evaluation.js';
import type { Evaluated } from './target-views.js';

export interface UserFlagsInput extends ConsistencyInput {
  /** Whose flags a machine asks for, '' being nobody in particular; people see their own, and may leave it out. */
  readonly userId: string;
  /** Also flags that are off for the user. */
  readonly all: boolean;
}

/** The decisions of a user's list. */
export interface UserFlags {
  readonly snapshot: Snapshot;
  /** One for each of the snapshot's visible flags, in their order. */
  readonly evaluated: readonly Evaluated[];
  /** Whether the flags that are off are shown as well. */
  readonly all: boolean;
}

/** Decides for a user the flags that are for people's screens. Without a promise when the states are cached. */
export function userFlags(
  evaluation: Pick<Evaluator, 'list'>,
  call: Call,
  input: UserFlagsInput,
): UserFlags | Promise<UserFlags> {
  authorize(call, 'ListFlagsForUser');
  const listed = evaluation.list(call, ownTarget(call, input.userId), ({ visible }) => visible, input);
  const show = ({ snapshot, evaluated }: Listed): UserFlags => {
    const room = new AnswerRoom(MAX_BYTES_PER_ANSWER, LARGE_FLAGS);
    for (const { decision } of evaluated) if (decision.enabled || input.all) room.take(decision.value);
    return { snapshot, evaluated, all: input.all };
  };
  return listed instanceof Promise ? listed.then(show) : show(listed);
}

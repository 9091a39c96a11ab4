import type { Call } from '../../calls/caller.js';
import { authorize } from '../../calls/permissions.js';
import { ownTarget } from '../access/caller-reach.js';
import type { ConsistencyInput } from './consistency-gate.js';
import type { Evaluator } from './evaluation.js';
import type { ListAnswer, ListForm, ToldAnswer } from './listed-flags.js';

export interface UserFlagsInput extends ConsistencyInput {
  /** Whose flags a machine asks for, '' being nobody in particular; people see their own, and may leave it out. */
  readonly userId: string;
}

/** Tells a user the flags that are for people's screens. Without a promise when the states are cached. */
export function userFlags<T extends ToldAnswer>(
  evaluation: Pick<Evaluator, 'list'>,
  call: Call,
  input: UserFlagsInput,
  form: ListForm<T>,
): T | Promise<T> {
  authorize(call, 'ListFlagsForUser');
  const answer = evaluation.list(call, ownTarget(call, input.userId), form, input);
  return answer instanceof Promise ? answer.then(toldOf) : toldOf(answer);
}

const toldOf = <T>({ told }: ListAnswer<T>): T => told;

import type { Decision, EvaluationContext } from '../core/decision.js';
import { faultOfName } from '../core/names.js';
import type { Call } from './caller.js';
import type { Requirement } from './consistency-gate.js';
import { invalid, notFound } from './errors.js';
import type { Evaluator } from './evaluation.js';
import { authorize } from './permissions.js';

/** A decision as a user's own screen shows it. */
export interface UserFlag extends Decision {
  readonly name: string;
  readonly stale: boolean;
}

export interface UserFlagsInput extends Requirement {
  /** For a machine token: whose flags; '' is nobody in particular. People see their own. */
  readonly userId: string;
  /** Everything visible, not only what is enabled. */
  readonly all: boolean;
}

/** The flags that a user may see, decided for them, by key. */
export async function userFlags(
  evaluation: Evaluator,
  call: Call,
  input: UserFlagsInput,
): Promise<readonly UserFlag[]> {
  authorize(call, 'ListFlagsForUser');
  const fault = input.userId === '' ? undefined : faultOfName('userId', input.userId);
  if (fault !== undefined) throw invalid(fault);
  const { caller } = call;
  if (caller.kind === 'person' && input.userId !== '' && input.userId !== caller.userId) throw notFound('no such user');
  const target =
    caller.kind === 'person'
      ? { userId: caller.userId, context: verifiedContext(caller) }
      : { userId: input.userId, context: {} };
  const visible = await evaluation.list(
    call,
    target,
    (flagKey, snapshot) => snapshot.flags.get(flagKey)!.flag.clientVisible,
    input,
  );
  const flags = visible.evaluated.map(({ decision, stale }) => {
    const name = visible.snapshot.flags.get(decision.flagKey)?.flag.name ?? decision.flagKey;
    // That somebody was denied is for operators to know: to the user it reads as any flag that is off.
    const reason = decision.reason === 'DENIED' ? 'DEFAULT' : decision.reason;
    return { ...decision, reason, name, stale } as const;
  });
  const shown = input.all ? flags : flags.filter(({ enabled }) => enabled);
  return shown.toSorted((a, b) => (a.flagKey < b.flagKey ? -1 : 1));
}

/**
 * What a verified token says overrides what is stored, for this call alone. Organization and roles are one unit: where it
 * says one of them, the other is as the token has it, too. Where it says neither, both stay as stored.
 */
function verifiedContext({
  organizationId,
  roles,
}: {
  organizationId: string;
  roles: readonly string[] | undefined;
}): EvaluationContext {
  if (organizationId === '' && roles === undefined) return {};
  return { ...(organizationId === '' ? {} : { organizationId }), ...(roles === undefined ? {} : { roles }) };
}

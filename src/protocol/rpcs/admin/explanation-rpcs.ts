import { invalidAt } from '../../../calls/errors.js';
import type { Subject } from '../../../core/deciding/subject.js';
import type { MissingLeaf } from '../../../core/explaining/missing-leaf.js';
import type { LedgerFlip } from '../../../core/explaining/user-flag.js';
import { USER_FLAG_STATES, type UserFlagState } from '../../../core/explaining/user-flag.js';
import { inRow } from '../../../core/states/role-hierarchy.js';
import { isNobody } from '../../../core/states/user-state.js';
import type { Told } from '../../../services/explaining/explanations.js';
import type { TriedUser } from '../../../services/explaining/tries.js';
import type { ListedUserFlag } from '../../../services/explaining/user-flag-list.js';
import type { ServiceSet } from '../../../services/service-set.js';
import { ExplainedLine_Line, type ExplainedUser, type Explanation } from '../../gen/latchkey/v1/explanation.js';
import type { TriedUser as TriedMessage } from '../../gen/latchkey/v1/try_flag.js';
import {
  type LastFlip,
  type MissingLeaf as LeafMessage,
  UserFlag_State,
  type UserFlag as UserFlagMessage,
} from '../../gen/latchkey/v1/user_flags.js';
import { overridesOf, targetOf } from '../../messages/evaluation-context.js';
import {
  type ExplanationForm,
  explanationMessage,
  organizationExplanationMessage,
  valuelessDecision,
} from '../../messages/explanation-message.js';
import { enumWord, epochMs, instant } from '../../messages/fields.js';
import { Paging } from '../../messages/paging.js';
import { blockMessage, nodeMessage } from '../../messages/requirement-message.js';
import { sentenceMessage } from '../../messages/sentence-message.js';
import { isFull } from '../feature/evaluate.js';
import type { AdminRpcs } from './admin-rpcs.js';
import { draftOf } from './preview-rpcs.js';

/** Why flags are decided as they are, or would be. */
export function explanationRpcs({
  explanations,
  tries,
  userFlagList,
}: Pick<ServiceSet, 'explanations' | 'tries' | 'userFlagList'>): AdminRpcs<
  'explainFlag' | 'listUserFlags' | 'tryFlag'
> {
  return {
    explainFlag: {
      async handle(request, call) {
        const { userId, flagKey, consistencyToken, consistency } = request;
        const explained = await explanations.explain(call, {
          ...{ userId, flagKey, consistencyToken, full: isFull(consistency) },
          context: overridesOf(request),
          at: epochMs(request.at),
        });
        return {
          explanation: toldMessage(explained.told, { stale: explained.stale, withValue: true }),
          user: explainedUser(explained),
        };
      },
    },
    listUserFlags: {
      async handle(request, call) {
        const { userId, q, consistencyToken, consistency } = request;
        const paging = new Paging('ListUserFlags', request);
        const states = request.states.map(stateOf);
        const input = { userId, q, states, consistencyToken, full: isFull(consistency) };
        const { items, next } = await userFlagList.list(call, input, paging.page);
        return { flags: items.map(userFlagMessage), nextPageToken: paging.tokenOf(next) };
      },
    },
    tryFlag: {
      async handle(request, call) {
        const tried = await tries.try(call, { ...draftOf(request), targets: request.contexts.map(targetOf) });
        const { users, asOf, configurationRevision, warnings } = tried;
        return {
          results: users.map((user) => triedMessage(user, asOf)),
          asOf: instant(asOf),
          configurationRevision,
          warnings: [...warnings],
        };
      },
    },
  };
}

function toldMessage(told: Told, form: ExplanationForm): Explanation {
  return told.to === 'platform'
    ? explanationMessage(told.explanation, form)
    : organizationExplanationMessage(told.explanation, form);
}

function explainedUser(of: {
  readonly subject: Subject;
  readonly now: number;
  readonly whatIf: boolean;
}): ExplainedUser {
  const { userId, user, organizationId, roleLevels } = of.subject;
  const roles = roleLevels[0] ?? [];
  return {
    ...{ userId, organizationId, known: !isNobody(user), whatIf: of.whatIf },
    roles: [...roles],
    inheritedRoles: inRow(roleLevels).slice(roles.length),
    at: instant(of.now),
  };
}

function triedMessage({ before, after, ...of }: TriedUser, asOf: number): TriedMessage {
  const form = { stale: false, withValue: false };
  return {
    user: explainedUser({ ...of, now: asOf }),
    before: toldMessage(before, form),
    after: toldMessage(after, form),
  };
}

/** A state to filter by. Throws INVALID for a number that names none. */
function stateOf(state: UserFlag_State, i: number): UserFlagState {
  const pointer = `/states/${i}`;
  if (state === UserFlag_State.STATE_UNSPECIFIED) {
    throw invalidAt(pointer, `a state is one of: ${USER_FLAG_STATES.join(', ')}; leave it out for flags in any`);
  }
  return enumWord(BY_NUMBER, state, pointer);
}

const BY_NUMBER: readonly UserFlagState[] = ['ON', ...USER_FLAG_STATES];

function userFlagMessage({ flag, stale }: ListedUserFlag): UserFlagMessage {
  const { flagKey, name, state, decision, line, ruleName, progress, blockedBy, nearest, lastFlip } = flag;
  return {
    ...{ flagKey, name, ruleName, progress },
    state: UserFlag_State[state],
    decision: valuelessDecision(decision, stale),
    line: ExplainedLine_Line[line],
    blockedBy: blockedBy.map((block) => blockMessage(block).reason),
    nearest: nearest && leafMessage(nearest),
    lastFlip: lastFlip && flipMessage(lastFlip),
  };
}

function leafMessage({ ruleId, sentence, leaf }: MissingLeaf): LeafMessage {
  const { text, parts } = sentenceMessage(sentence);
  return { ruleId, text, parts, requirement: nodeMessage(leaf) };
}

function flipMessage({ at, unlocked, ruleId }: LedgerFlip): LastFlip {
  return { at: instant(at), unlocked, ruleId };
}

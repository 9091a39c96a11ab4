import type { Caller } from '../../../calls/caller.js';
import type { RequirementsService, ToldRequirements } from '../../../services/evaluating/requirements.js';
import type {
  GetRequirementsRequest,
  GetRequirementsResponse,
  ListRequirementsRequest,
  ListRequirementsResponse,
} from '../../gen/latchkey/v1/requirements.js';
import { decisionMessage } from '../../messages/decision-message.js';
import { Paging } from '../../messages/paging.js';
import { blockMessage, ruleMessage } from '../../messages/requirement-message.js';
import type { UnaryMethod } from '../method.js';
import { isFull } from './evaluate.js';

/** `GetRequirements`. */
export function getRequirementsMethod(
  requirements: Pick<RequirementsService, 'get'>,
): UnaryMethod<Caller, GetRequirementsRequest, GetRequirementsResponse> {
  return {
    async handle({ userId, flagKey, consistencyToken, consistency, asPeople }, call) {
      const input = { userId, flagKey, consistencyToken, asPeople, full: isFull(consistency) };
      return requirementsMessage(await requirements.get(call, input));
    },
  };
}

/** `ListRequirements`. */
export function listRequirementsMethod(
  requirements: Pick<RequirementsService, 'list'>,
): UnaryMethod<Caller, ListRequirementsRequest, ListRequirementsResponse> {
  return {
    async handle(request, call) {
      const { userId, consistencyToken, consistency } = request;
      const paging = new Paging('ListRequirements', request);
      const input = { userId, consistencyToken, full: isFull(consistency) };
      const { items, next } = await requirements.list(call, input, paging.page);
      return { requirements: items.map(requirementsMessage), nextPageToken: paging.tokenOf(next) };
    },
  };
}

function requirementsMessage({ requirements, stale }: ToldRequirements): GetRequirementsResponse {
  const { decision, progress, blockedBy, granted, name, rules, tiers } = requirements;
  return {
    decision: decisionMessage({ decision, stale }),
    progress,
    blockedBy: blockedBy.map(blockMessage),
    rules: rules.map(ruleMessage),
    granted,
    name,
    tiers: tiers && { reached: tiers.reached, next: tiers.next },
  };
}

import type { EvaluationContext } from '../../core/deciding/decision.js';
import type { JsonObject } from '../../core/values/json.js';
import type { Target } from '../../services/access/target.js';
import type { EvaluationContext as ContextMessage } from '../gen/latchkey/v1/evaluation.js';
import { jsonObject } from './fields.js';

const NO_OVERRIDES: EvaluationContext = {};
const NOBODY: Target = { userId: '', context: NO_OVERRIDES };

/** The target that a request's context names. Only members that the context has override what is stored. */
export function targetOf(context: ContextMessage | undefined): Target {
  return context === undefined ? NOBODY : { userId: context.userId, context: overridesOf(context) };
}

export function overridesOf(context: ContextMessage | undefined): EvaluationContext {
  if (context === undefined) return NO_OVERRIDES;
  const attributes = jsonObject(context.attributes);
  const overrides: { -readonly [Member in keyof EvaluationContext]: EvaluationContext[Member] } = {};
  let given = false;
  if (context.organizationId !== undefined) {
    overrides.organizationId = context.organizationId;
    given = true;
  }
  if (context.roles.length > 0) {
    overrides.roles = context.roles;
    given = true;
  }
  if (context.joinedAt !== undefined) {
    overrides.joinedAt = context.joinedAt.getTime();
    given = true;
  }
  if (attributes !== undefined && !isEmpty(attributes)) {
    overrides.attributes = attributes;
    given = true;
  }
  if (context.anonymousId !== '') {
    overrides.anonymousId = context.anonymousId;
    given = true;
  }
  return given ? overrides : NO_OVERRIDES;
}

function isEmpty(object: JsonObject): boolean {
  return Object.keys(object).length === 0;
}

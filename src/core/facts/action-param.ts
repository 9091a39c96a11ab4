import { type JsonObject, ownMember } from '../values/json.js';
import { ANY_ACTION } from '../values/names.js';
import type { FactDefinition, FactParam } from './fact-definition.js';

/** The action that a fact reads; left out, everything that the user does is one. */
export const ACTION: FactParam = { name: 'action', type: 'string', kind: 'action', required: false };

/** The name under which the action is counted that params name, or leave out. */
export function actionOf(params: JsonObject): string {
  return (ownMember(params, 'action') as string | undefined) ?? ANY_ACTION;
}

/** The same as people are told. */
export function actionWords(params: JsonObject): string {
  return (ownMember(params, 'action') as string | undefined) ?? 'any action';
}

/** The name under which the action is counted that a fact reads with these params; undefined where it reads none. */
export function actionRead({ params: known }: Pick<FactDefinition, 'params'>, params: JsonObject): string | undefined {
  return known.includes(ACTION) ? actionOf(params) : undefined;
}

import { factReference } from '../conditions/compiling/compile-leaf.js';
import { splitOperator } from '../conditions/operators.js';
import { isJsonObject, type JsonObject, type JsonValue, ownMember, quote } from '../values/json.js';
import { isNobodys, isOrganizations, type NamedFact, nounOf, ownedNoun } from './fact-words.js';
import { type Compared, naturalClause } from './natural-words.js';
import { type Clause, denied, operatorClause, type Right } from './operator-words.js';
import { part, say, type Words } from './part.js';
import { constantPart, memberWords, PRONOUNS, type Speaking } from './speaking.js';

/** What a comparison says, as a clause about somebody: `who created at least 10 reports`. */
export function leafClause(leaf: JsonObject, pointer: string, speaking: Speaking): Clause {
  const compared = comparedOf(leaf, pointer);
  const { decorators, operator } = splitOperator(compared.operator);
  const nots = decorators.findIndex((decorator) => decorator !== 'not');
  const leading = nots < 0 ? decorators.length : nots;
  const plainOperator = [...decorators.slice(leading), operator].join(':');
  const natural = naturalClause({ ...compared, operator: plainOperator }, speaking);
  if (natural === undefined) return generalClause(compared, speaking);
  return leading % 2 === 0 ? natural : denied(natural);
}

function comparedOf(leaf: JsonObject, pointer: string): Compared {
  const operator = ownMember(leaf, 'operator');
  return {
    ...namedFact(leaf, pointer),
    operator: typeof operator === 'string' ? operator : '',
    value: ownMember(leaf, 'value') ?? null,
  };
}

function namedFact(node: JsonObject, pointer: string): NamedFact {
  const [fact, params, path] = [ownMember(node, 'fact'), ownMember(node, 'params'), ownMember(node, 'path')];
  return {
    fact: typeof fact === 'string' ? fact : '',
    params: isJsonObject(params) ? params : {},
    path: typeof path === 'string' ? path : '',
    pointer,
  };
}

/** `whose attribute plan is "pro"`: the words for any fact with any operator. */
function generalClause(compared: Compared, speaking: Speaking): Clause {
  const { whose, forWhom } = PRONOUNS[speaking.of];
  const noun = nounOf(compared, speaking);
  const subject: Words = isNobodys(compared)
    ? say`${forWhom} the ${noun}`
    : isOrganizations(compared)
      ? say`${whose} organization's ${noun}`
      : say`${whose} ${noun}`;
  const right = rightOf(compared, speaking);
  const clause = operatorClause(compared.operator, right, `${compared.pointer}/operator`);
  return { said: say`${subject} ${clause.said}`, denied: say`${subject} ${clause.denied}` };
}

function rightOf({ fact, value, pointer }: Compared, speaking: Speaking): Right {
  const at = `${pointer}/value`;
  if (factReference(value) !== undefined) return { whole: ownedNoun(namedFact(value as JsonObject, at), speaking) };
  if (Array.isArray(value)) {
    const list = value as readonly JsonValue[];
    const whole = part('value', quote(value), at, value);
    return { whole: [whole], members: memberWords(fact, list, at, 'or'), constant: value };
  }
  return { whole: [constantPart(fact, value, at)], constant: value };
}

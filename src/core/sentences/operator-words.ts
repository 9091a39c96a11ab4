import { splitOperator } from '../conditions/operators.js';
import { type Part, part, say, type Words } from './part.js';

/** The end of a clause after its subject, said as it is and denied: `is at least 10`, `is not at least 10`. */
export interface Clause {
  readonly said: Words;
  readonly denied: Words;
}

export function denied({ said, denied }: Clause): Clause {
  return { said: denied, denied: said };
}

/** How an operator is said of its subject, before what it is compared with: as it is, and denied. */
const VERBS: Readonly<Record<string, readonly [said: string, denied: string]>> = {
  equal: ['is', 'is not'],
  notEqual: ['is other than', 'is not other than'],
  in: ['is one of', 'is not one of'],
  notIn: ['is none of', 'is not none of'],
  contains: ['has', 'does not have'],
  doesNotContain: ['is a list without', 'is not a list without'],
  lessThan: ['is less than', 'is not less than'],
  lessThanInclusive: ['is at most', 'is not at most'],
  greaterThan: ['is more than', 'is not more than'],
  greaterThanInclusive: ['is at least', 'is not at least'],
  startsWith: ['begins with', 'does not begin with'],
  endsWith: ['ends with', 'does not end with'],
  containsText: ['contains', 'does not contain'],
  matches: ['matches', 'does not match'],
  semverEqual: ['is version', 'is not version'],
  semverGreaterThan: ['is later than version', 'is not later than version'],
  semverGreaterThanInclusive: ['is at least version', 'is not at least version'],
  semverLessThan: ['is earlier than version', 'is not earlier than version'],
  semverLessThanInclusive: ['is at most version', 'is not at most version'],
  before: ['is before', 'is not before'],
  after: ['is after', 'is not after'],
};

/** Which operators have words: a new one fails the tests without. */
export const OPERATORS_WITH_WORDS: ReadonlySet<string> = new Set([...Object.keys(VERBS), 'isSet']);

/** How decorators are said, for who reads the list of them. */
export const DECORATOR_WORDS: Readonly<Record<string, string>> = {
  someFact: 'has a member that …',
  everyFact: 'has only members of which each …',
  someValue: '… at least one of',
  everyValue: '… each of',
  not: 'not …',
  swap: 'with the two sides exchanged',
};

/** The words of an operator without decorators, for who reads the list of them: `is at least`. */
export function wordsOfOperator(operator: string): string {
  return VERBS[operator]?.[0] ?? (operator === 'isSet' ? 'is set' : operator);
}

/** What a subject is compared with. */
export interface Right {
  /** As it stands where nothing is said of its members. */
  readonly whole: Words;
  /** Its members, where it is a list, for `one of a, b or c`. */
  readonly members?: Words;
  /** The constant, where it is one. */
  readonly constant?: unknown;
}

/** The clause of an operator with its decorators, whose subject is the left side. `pointer` is the operator's own place. */
export function operatorClause(name: string, right: Right, pointer: string): Clause {
  const { decorators, operator } = splitOperator(name);
  const [outer, ...inner] = decorators;
  if (outer === undefined) return plainClause(operator, right, pointer);
  const rest = [...inner, operator].join(':');
  const clause = (compared: Right): Clause => operatorClause(rest, compared, pointer);
  const word = (text: string): Part => part('operator', text, pointer);
  switch (outer) {
    case 'not':
      return denied(clause(right));
    case 'someFact': {
      const each = clause(right).said;
      return { said: say`${word('has a member that')} ${each}`, denied: say`${word('has no member that')} ${each}` };
    }
    case 'everyFact': {
      const each = clause(right).said;
      return {
        said: say`${word('has only members of which each')} ${each}`,
        denied: say`${word('does not have only members of which each')} ${each}`,
      };
    }
    case 'someValue': {
      const of = right.members ?? right.whole;
      return {
        said: clause({ whole: say`${word('at least one of')} ${of}` }).said,
        denied: clause({ whole: say`${word('any of')} ${of}` }).denied,
      };
    }
    case 'everyValue':
      return clause({ whole: say`${word('each of')} ${right.members ?? right.whole}` });
    case 'swap': {
      const { said, denied } = clause({ whole: say`it` });
      return {
        said: say`${word('is such that')} ${right.whole} ${said}`,
        denied: say`${word('is such that')} ${right.whole} ${denied}`,
      };
    }
    default:
      return plainClause(name, right, pointer);
  }
}

function plainClause(operator: string, right: Right, pointer: string): Clause {
  const { constant } = right;
  if (operator === 'isSet' && typeof constant === 'boolean') {
    const set = { said: [part('operator', 'is set', pointer)], denied: [part('operator', 'is not set', pointer)] };
    return constant ? set : denied(set);
  }
  const [said, not] = VERBS[operator] ?? [`${operator}`, `not ${operator}`];
  const isMember = operator === 'in' || operator === 'notIn';
  const compared = isMember && right.members !== undefined ? right.members : right.whole;
  return {
    said: say`${part('operator', said, pointer)} ${compared}`,
    denied: say`${part('operator', not, pointer)} ${compared}`,
  };
}

/** How an ordering of a number is said before it, in `created at least 10 reports`; denied says that the words are to be denied. */
export interface Amount {
  readonly words: Words;
  readonly isDenied: boolean;
}

const AMOUNTS: Readonly<Record<string, string>> = {
  equal: 'exactly',
  notEqual: 'exactly',
  lessThan: 'fewer than',
  lessThanInclusive: 'at most',
  greaterThan: 'more than',
  greaterThanInclusive: 'at least',
};

/** `at least 10`, in other words where these are given; undefined for an operator that does not say how many. */
export function amountWords(
  operator: string,
  number: number,
  pointer: string,
  otherwise: Readonly<Record<string, string>> = {},
): Amount | undefined {
  if (!Object.hasOwn(AMOUNTS, operator)) return undefined;
  const value = part('value', String(number), `${pointer}/value`, number);
  return {
    words: say`${part('operator', otherwise[operator] ?? AMOUNTS[operator]!, `${pointer}/operator`)} ${value}`,
    isDenied: operator === 'notEqual',
  };
}

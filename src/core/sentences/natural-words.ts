import { MET_CONDITIONS } from '../facts/fact-table.js';
import { isCurrent } from '../facts/streak-fact.js';
import { type JsonValue, ownMember } from '../values/json.js';
import { readInstant } from '../values/time/time.js';
import {
  actionWords,
  graceWords,
  isOrganizations,
  type NamedFact,
  namedActionOf,
  periodOfStreak,
  whichOf,
  windowWords,
  zoneWords,
} from './fact-words.js';
import { amountWords, type Clause, denied } from './operator-words.js';
import { listed, type Part, part, say, type Words } from './part.js';
import { constantPart, flagPart, memberWords, PRONOUNS, type Speaking, segmentPart } from './speaking.js';

/** A comparison, taken apart. */
export interface Compared extends NamedFact {
  readonly operator: string;
  readonly value: JsonValue;
}

type Natural = (compared: Compared, speaking: Speaking) => Clause | undefined;

/**
 * A clause as people would say it: `who created at least 10 reports this week`; undefined where the comparison is of no kind that has
 * words of its own.
 */
export function naturalClause(compared: Compared, speaking: Speaking): Clause | undefined {
  const { fact } = compared;
  return Object.hasOwn(NATURAL, fact) ? NATURAL[fact]!(compared, speaking) : undefined;
}

const NATURAL: Readonly<Record<string, Natural>> = {
  role: list(
    'has the first role',
    'does not have the first role',
    'has as first role one of',
    'has as first role none of',
  ),
  roles: has('has the role', 'does not have the role', 'has one of the roles', 'has none of the roles'),
  stagesReached: has(
    'has reached the stage',
    'has not reached the stage',
    'has reached one of the stages',
    'has reached none of the stages',
  ),
  organization: list(
    'is in the organization',
    'is not in the organization',
    'is in one of the organizations',
    'is in none of the organizations',
    ['is in an organization', 'is in no organization'],
  ),
  stage: list('is in the stage', 'is not in the stage', 'is in one of the stages', 'is in none of the stages', [
    'is in an onboarding stage',
    'is in no onboarding stage',
  ]),
  emailVerified: yesOrNo(({ pointer }) => {
    const fact = (text: string): Words => [part('fact', text, `${pointer}/fact`)];
    return { said: fact('has verified their e-mail address'), denied: fact('has not verified their e-mail address') };
  }),
  unlocked: yesOrNo(({ params, pointer }, speaking) => {
    const flag = flagPart(String(ownMember(params, 'flag') ?? ''), `${pointer}/params/flag`, speaking);
    const fact = (text: string): Words => say`${part('fact', text, `${pointer}/fact`)} the feature ${flag}`;
    return { said: fact('has unlocked'), denied: fact('has not unlocked') };
  }),
  daysSinceJoin: ago('joined', 'did not join', 'day'),
  hoursSinceJoin: ago('joined', 'did not join', 'hour'),
  daysInStage: amount((number, { pointer }) => {
    const rest = say`for ${number} in the same onboarding stage`;
    const fact = (text: string): Words => say`${part('fact', text, `${pointer}/fact`)} ${rest}`;
    return { said: fact('has been'), denied: fact('has not been') };
  }, 'day'),
  actionCount: times,
  activeDays: onDays,
  daysSinceAction: lastTime('day'),
  hoursSinceAction: lastTime('hour'),
  streak,
  localTime,
  dayOfWeek,
  now,
  [MET_CONDITIONS]: metSegments,
};

/** Puts a pronoun before the ends of a clause: `who`, or `whose organization` where it is that which did it. */
function about(compared: Compared, speaking: Speaking, { said, denied }: Clause): Clause {
  const { who, whose } = PRONOUNS[speaking.of];
  const subject = isOrganizations(compared) ? `${whose} organization` : who;
  return { said: say`${subject} ${said}`, denied: say`${subject} ${denied}` };
}

/** A text that is one of few: `is in the stage signup`. */
function list(
  said: string,
  not: string,
  saidOneOf: string,
  noneOf: string,
  set?: readonly [said: string, denied: string],
): Natural {
  return (compared, speaking) => {
    const { fact, operator, value, pointer } = compared;
    const at = `${pointer}/value`;
    const word = (text: string): Words => [part('operator', text, `${pointer}/operator`)];
    if (typeof value === 'string' && (operator === 'equal' || operator === 'notEqual')) {
      const name = constantPart(fact, value, at);
      const clause = { said: say`${word(said)} ${name}`, denied: say`${word(not)} ${name}` };
      return about(compared, speaking, operator === 'equal' ? clause : denied(clause));
    }
    if (Array.isArray(value) && value.length > 0 && (operator === 'in' || operator === 'notIn')) {
      const members = memberWords(fact, value as readonly JsonValue[], at, 'or');
      const clause = { said: say`${word(saidOneOf)} ${members}`, denied: say`${word(noneOf)} ${members}` };
      return about(compared, speaking, operator === 'in' ? clause : denied(clause));
    }
    if (set !== undefined && operator === 'isSet' && typeof value === 'boolean') {
      const clause = { said: word(set[0]), denied: word(set[1]) };
      return about(compared, speaking, value ? clause : denied(clause));
    }
    return undefined;
  };
}

/** A list that has a member: `has the role admin`. */
function has(said: string, not: string, oneOf: string, noneOf: string): Natural {
  const asText = list(said, not, oneOf, noneOf);
  const meant: Readonly<Record<string, string>> = {
    contains: 'equal',
    doesNotContain: 'notEqual',
    'someFact:equal': 'equal',
    'someFact:in': 'in',
    'everyFact:notIn': 'notIn',
  };
  return (compared, speaking) => {
    const operator = meant[compared.operator];
    return operator === undefined ? undefined : asText({ ...compared, operator }, speaking);
  };
}

function yesOrNo(clauseOf: (compared: Compared, speaking: Speaking) => Clause): Natural {
  return (compared, speaking) => {
    const { operator, value } = compared;
    if (typeof value !== 'boolean' || (operator !== 'equal' && operator !== 'notEqual')) return undefined;
    const clause = clauseOf(compared, speaking);
    return about(compared, speaking, value === (operator === 'equal') ? clause : denied(clause));
  };
}

/** A number of units: `at least 7 days`; the units are told where they are not the unit and `s`. */
function amount(clauseOf: (number: Words, compared: Compared) => Clause, unit: string, units?: Part): Natural {
  return (compared, speaking) => {
    const { operator, value, pointer } = compared;
    const number =
      typeof value === 'number'
        ? amountWords(operator, value, pointer, DURATIONS.has(unit) ? DURATION : {})
        : undefined;
    if (number === undefined) return undefined;
    const clause = clauseOf(say`${number.words} ${units ?? (value === 1 ? unit : `${unit}s`)}`, compared);
    return about(compared, speaking, number.isDenied ? denied(clause) : clause);
  };
}

/** Of time that goes by it is not `fewer` that is said. */
const DURATION = { lessThan: 'less than' } as const;
const DURATIONS: ReadonlySet<string> = new Set(['day', 'hour']);

function ago(said: string, not: string, unit: string): Natural {
  return amount((number, { pointer }) => {
    const fact = (text: string): Words => say`${part('fact', text, `${pointer}/fact`)} ${number} ago`;
    return { said: fact(said), denied: fact(not) };
  }, unit);
}

/** `created at least 10 reports`, or `did report_created_by_hand at least 10 times`. */
function times(compared: Compared, speaking: Speaking): Clause | undefined {
  const named = namedActionOf(compared);
  const { params, pointer, value } = compared;
  const at = `${pointer}/params/action`;
  if (named === undefined) {
    const action = actionWords(compared);
    const natural = amount(
      (number) => ({
        said: say`did ${action} ${number}${windowWords(compared)}`,
        denied: say`did not do ${action} ${number}${windowWords(compared)}`,
      }),
      'time',
    );
    return natural(compared, speaking);
  }
  const { verb, one, many } = named;
  const action = ownMember(params, 'action')!;
  const does = (text: string): Part => part('action', text, at, action);
  const natural = amount(
    (number) => ({
      said: say`${does(verb.past)} ${number}${windowWords(compared)}`,
      denied: say`did not ${does(verb.infinitive)} ${number}${windowWords(compared)}`,
    }),
    one,
    does(value === 1 ? one : many),
  );
  return natural(compared, speaking);
}

/** `created reports on at least 5 days`. */
function onDays(compared: Compared, speaking: Speaking): Clause | undefined {
  const { said, not } = doing(compared);
  const natural = amount((number) => {
    const end = say`on ${number}${windowWords(compared)}`;
    return { said: say`${said} ${end}`, denied: say`${not} ${end}` };
  }, 'day');
  return natural(compared, speaking);
}

/** `created reports`, or `did login`; and denied. */
function doing(compared: Compared): { readonly said: Words; readonly not: Words } {
  const named = namedActionOf(compared);
  const words = actionWords(compared);
  if (named === undefined) return { said: say`did ${words}`, not: say`did not do ${words}` };
  const at = `${compared.pointer}/params/action`;
  const action = ownMember(compared.params, 'action')!;
  return {
    said: [part('action', `${named.verb.past} ${named.many}`, at, action)],
    not: say`did not ${part('action', `${named.verb.infinitive} ${named.many}`, at, action)}`,
  };
}

/** `whose last report_created was at least 3 days ago`. */
function lastTime(unit: string): Natural {
  return (compared, speaking) => {
    const { pointer, operator, value } = compared;
    const number = typeof value === 'number' ? amountWords(operator, value, pointer, DURATION) : undefined;
    if (number === undefined) return undefined;
    const { whose } = PRONOUNS[speaking.of];
    const owner = isOrganizations(compared) ? `${whose} organization's` : whose;
    const subject = say`${owner} ${part('fact', whichOf(compared), `${pointer}/fact`)} ${actionWords(compared)}`;
    const end = say`${number.words} ${value === 1 ? unit : `${unit}s`} ago`;
    const clause = { said: say`${subject} was ${end}`, denied: say`${subject} was not ${end}` };
    return number.isDenied ? denied(clause) : clause;
  };
}

/** `is on a row of at least 5 days with report_created`. */
function streak(compared: Compared, speaking: Speaking): Clause | undefined {
  const { params, pointer } = compared;
  const [said, not] = isCurrent(params)
    ? ['is on a row of', 'is not on a row of']
    : ['once had a row of', 'never had a row of'];
  const natural = amount((number) => {
    const end = say`${number} with ${actionWords(compared)}${graceWords(compared)}`;
    const fact = (text: string): Words => say`${part('fact', text, `${pointer}/fact`)} ${end}`;
    return { said: fact(said!), denied: fact(not!) };
  }, periodOfStreak(params));
  return natural(compared, speaking);
}

/** `for whom it is 9:00 or later in their time zone`. */
function localTime(compared: Compared, speaking: Speaking): Clause | undefined {
  const { operator, value, params, pointer } = compared;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value >= MINUTES_A_DAY) return undefined;
  const shown = `${Math.floor(value / 60)}:${String(value % 60).padStart(2, '0')}`;
  return itIs(
    compared,
    speaking,
    operator,
    part('value', shown, `${pointer}/value`, value),
    zoneWords(params, pointer, speaking),
  );
}

const MINUTES_A_DAY = 1440;

/** `for whom it is 2027-01-01T00:00:00.000Z or later`. */
function now(compared: Compared, speaking: Speaking): Clause | undefined {
  const { operator, value, pointer } = compared;
  const shown = instantWords(value);
  if (shown === undefined) return undefined;
  return itIs(compared, speaking, operator, part('value', shown, `${pointer}/value`, value), []);
}

function instantWords(value: JsonValue): string | undefined {
  if (typeof value === 'string') return readInstant(value) === undefined ? undefined : value;
  if (typeof value !== 'number') return undefined;
  const date = new Date(value);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}

/** How an instant is placed by an operator: before the words of the instant, and after them. */
const PLACED: Readonly<Record<string, readonly [before: string, after: string]>> = {
  lessThan: ['before', ''],
  before: ['before', ''],
  lessThanInclusive: ['', 'or earlier'],
  greaterThan: ['after', ''],
  after: ['after', ''],
  greaterThanInclusive: ['', 'or later'],
};

function itIs(
  { pointer }: Compared,
  speaking: Speaking,
  operator: string,
  instant: Words[number],
  zone: Words,
): Clause | undefined {
  const placed = Object.hasOwn(PLACED, operator) ? PLACED[operator]! : undefined;
  if (placed === undefined) return undefined;
  const [before, after] = placed;
  const word = (text: string): Words => [part('operator', text, `${pointer}/operator`)];
  const placedInstant = say`${before === '' ? [] : say`${word(before)} `}${instant}${after === '' ? [] : say` ${word(after)}`}`;
  const end = zone.length === 0 ? placedInstant : say`${placedInstant} ${zone}`;
  const { forWhom } = PRONOUNS[speaking.of];
  return { said: say`${forWhom} it is ${end}`, denied: say`${forWhom} it is not ${end}` };
}

const DAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];

/** `for whom it is Saturday or Sunday`. */
function dayOfWeek(compared: Compared, speaking: Speaking): Clause | undefined {
  const { operator, value, params, pointer } = compared;
  const isList = operator === 'in' || operator === 'notIn';
  if (!isList && operator !== 'equal' && operator !== 'notEqual') return undefined;
  const wanted = isList ? value : [value];
  if (!Array.isArray(wanted) || wanted.length === 0) return undefined;
  const days = (wanted as readonly JsonValue[]).map((day, i): Words | undefined => {
    const name = typeof day === 'number' ? DAYS[day - 1] : undefined;
    return name === undefined ? undefined : [part('value', name, `${pointer}/value${isList ? `/${i}` : ''}`, day)];
  });
  if (!days.every((day) => day !== undefined)) return undefined;
  const end = say`${listed(days, 'or')} ${zoneWords(params, pointer, speaking)}`;
  const { forWhom } = PRONOUNS[speaking.of];
  const word = (text: string): Words => [part('operator', text, `${pointer}/operator`)];
  const clause = { said: say`${forWhom} it ${word('is')} ${end}`, denied: say`${forWhom} it ${word('is not')} ${end}` };
  return operator === 'equal' || operator === 'in' ? clause : denied(clause);
}

/** `who is in at least 3 of the segments "a", "b" and "c"`. */
function metSegments(compared: Compared, speaking: Speaking): Clause | undefined {
  const { params, pointer, operator, value } = compared;
  const segments = ownMember(params, 'segments');
  if (typeof value !== 'number' || !Array.isArray(segments)) return undefined;
  const number = amountWords(operator, value, pointer);
  if (number === undefined) return undefined;
  const named = (segments as readonly JsonValue[]).map(
    (key, i): Words => [segmentPart(String(key), `${pointer}/params/segments/${i}`, speaking)],
  );
  const end = say`in ${number.words} of the segments ${listed(named, 'and')}`;
  const clause = about(compared, speaking, { said: say`is ${end}`, denied: say`is not ${end}` });
  return number.isDenied ? denied(clause) : clause;
}

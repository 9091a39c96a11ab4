import { windowOf } from '../facts/day-window.js';
import type { FactDefinition } from '../facts/fact-definition.js';
import { FACTS, MET_CONDITIONS } from '../facts/fact-table.js';
import { isCurrent } from '../facts/streak-fact.js';
import { type JsonObject, ownMember } from '../values/json.js';
import { part, say, type Words } from './part.js';
import { flagPart, namePart, PRONOUNS, plainName, type Speaking } from './speaking.js';
import { actionNamed, type NamedAction } from './verbs.js';

/** A fact as a condition names it. */
export interface NamedFact {
  readonly fact: string;
  readonly params: JsonObject;
  /** '' where there is none. */
  readonly path: string;
  /** Where it stands. */
  readonly pointer: string;
}

/** What a fact is called: after `whose`, or after `for whom the` where it is nobody's own. */
export interface FactWords {
  readonly noun: (fact: NamedFact, speaking: Speaking) => Words;
  readonly isNobodys?: true;
}

function plain(noun: string): FactWords {
  return { noun: ({ pointer }) => [part('fact', noun, `${pointer}/fact`)] };
}

function clock(noun: string): FactWords {
  return {
    isNobodys: true,
    noun: ({ params, pointer }, speaking) =>
      say`${part('fact', noun, `${pointer}/fact`)} ${zoneWords(params, pointer, speaking)}`,
  };
}

function member(noun: string): FactWords {
  return {
    noun({ params, path, pointer }) {
      const name = ownMember(params, 'name');
      const within = path.replace(/^\$\.?/, '');
      const word = part('fact', noun, `${pointer}/fact`);
      const at = `${pointer}/path`;
      if (typeof name !== 'string') return say`${word} ${part('fact', plainName(within), at, path)}`;
      const named = say`${word} ${namePart('fact', name, `${pointer}/params/name`)}`;
      return path === '' ? named : say`${named} at ${part('fact', plainName(within), at, path)}`;
    },
  };
}

function counted(before: string, after = ''): FactWords {
  return {
    noun: (fact) => {
      const word = part('fact', before, `${fact.pointer}/fact`);
      return say`${word} ${actionWords(fact)}${after}${windowWords(fact)}`;
    },
  };
}

function since(units: string): FactWords {
  return { noun: (fact) => say`${part('fact', 'number of', `${fact.pointer}/fact`)} ${sinceWords(units, fact)}` };
}

/** `days since the last login`. */
export function sinceWords(units: string, fact: NamedFact): Words {
  return say`${units} since the ${whichOf(fact)} ${actionWords(fact)}`;
}

/** Whether it is the first time of an action that a fact reads, or the last. */
export function whichOf({ params }: Pick<NamedFact, 'params'>): 'first' | 'last' {
  return ownMember(params, 'which') === 'first' ? 'first' : 'last';
}

/** What every fact is called. The words of those with an organization's params are the same: whose it is stands before them. */
export const FACT_WORDS: Readonly<Record<string, FactWords>> = {
  role: plain('first role'),
  roles: plain('list of roles'),
  organization: plain('organization'),
  organizationAttribute: member('organization attribute'),
  emailVerified: plain('e-mail address verified'),
  attribute: member('attribute'),
  property: member('property'),
  daysSinceJoin: plain('number of days since joining'),
  hoursSinceJoin: plain('number of hours since joining'),
  stage: plain('onboarding stage'),
  stageIndex: plain('onboarding stage by number (the first is 0)'),
  stagesReached: plain('list of onboarding stages reached'),
  daysInStage: plain('number of days in the onboarding stage'),
  actionCount: counted('number of'),
  actionSum: counted('sum of'),
  activeDays: counted('number of days with'),
  daysSinceAction: since('days'),
  hoursSinceAction: since('hours'),
  streak: {
    noun: (fact) =>
      say`${part('fact', streakNoun(fact.params), `${fact.pointer}/fact`)} ${actionWords(fact)}${graceWords(fact)}`,
  },
  localTime: clock('time of day in minutes'),
  dayOfWeek: clock('day of the week (Monday is 1)'),
  localDate: clock('date'),
  now: { isNobodys: true, noun: ({ pointer }) => [part('fact', 'present instant', `${pointer}/fact`)] },
  unlocked: {
    noun: ({ params, pointer }, speaking) => {
      const flag = flagPart(String(ownMember(params, 'flag') ?? ''), `${pointer}/params/flag`, speaking);
      return say`${part('fact', 'unlock of', `${pointer}/fact`)} the feature ${flag}`;
    },
  },
  [MET_CONDITIONS]: plain('number of segments met'),
};

/** `attribute plan`; a fact without words of its own is called by its name. */
export function nounOf(fact: NamedFact, speaking: Speaking): Words {
  const words = Object.hasOwn(FACT_WORDS, fact.fact) ? FACT_WORDS[fact.fact] : undefined;
  return words === undefined ? [part('fact', fact.fact, `${fact.pointer}/fact`)] : words.noun(fact, speaking);
}

export function isNobodys({ fact }: Pick<NamedFact, 'fact'>): boolean {
  return Object.hasOwn(FACT_WORDS, fact) && FACT_WORDS[fact]!.isNobodys === true;
}

/** Whether it is what the user's organization has done, and not the user. */
export function isOrganizations({ params }: Pick<NamedFact, 'params'>): boolean {
  return ownMember(params, 'of') === 'organization';
}

/** `their attribute plan`, as what something is compared with. */
export function ownedNoun(fact: NamedFact, speaking: Speaking): Words {
  const noun = nounOf(fact, speaking);
  if (isNobodys(fact)) return say`the ${noun}`;
  const { their } = PRONOUNS[speaking.of];
  return isOrganizations(fact) ? say`${their} organization's ${noun}` : say`${their} ${noun}`;
}

/** The action that a fact reads, by its name. */
export function actionWords({ params, pointer }: NamedFact): Words {
  const action = ownMember(params, 'action');
  if (typeof action !== 'string') return [part('action', 'any action', `${pointer}/params`)];
  return [namePart('action', action, `${pointer}/params/action`)];
}

/** What the action's name says was done; undefined where it does not say. */
export function namedActionOf({ params }: Pick<NamedFact, 'params'>): NamedAction | undefined {
  const action = ownMember(params, 'action');
  return typeof action === 'string' ? actionNamed(action) : undefined;
}

/** ` in the last 30 days`; nothing without a window. */
export function windowWords({ fact, params, pointer }: NamedFact): Words {
  const definition: FactDefinition | undefined = FACTS.get(fact);
  const window = definition && windowOf(definition, params);
  if (window === undefined) return [];
  const [param, value] = Object.hasOwn(params, 'windowDays')
    ? ['windowDays', ownMember(params, 'windowDays')]
    : ['period', ownMember(params, 'period')];
  return say` ${part('value', window.words, `${pointer}/params/${param}`, value)}`;
}

/** `in Europe/Berlin`, or `where they are`. */
export function zoneWords(params: JsonObject, pointer: string, { of }: Speaking): Words {
  const zone = ownMember(params, 'zone');
  if (typeof zone === 'string') return say`in ${part('value', zone, `${pointer}/params/zone`, zone)}`;
  return say`in ${PRONOUNS[of].their} time zone`;
}

/** The period of a streak: `day`, `week` or `month`. */
export function periodOfStreak(params: JsonObject): string {
  const period = ownMember(params, 'period');
  return typeof period === 'string' ? period : 'day';
}

function streakNoun(params: JsonObject): string {
  return `${isCurrent(params) ? 'present' : 'longest'} row of ${periodOfStreak(params)}s with`;
}

/** ` (1 missed at once does no harm)`; nothing where none may be missed. */
export function graceWords({ params, pointer }: NamedFact): Words {
  const grace = ownMember(params, 'grace');
  if (typeof grace !== 'number' || grace === 0) return [];
  const value = part('value', String(grace), `${pointer}/params/grace`, grace);
  return say` (of which ${value} at once may be missed)`;
}

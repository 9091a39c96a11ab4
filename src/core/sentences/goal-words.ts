import { FACTS } from '../facts/fact-table.js';
import { isJsonObject, type JsonObject, ownMember } from '../values/json.js';
import { isOrganizations, type NamedFact, namedActionOf, nounOf, sinceWords, windowWords } from './fact-words.js';
import { part, say, type Words } from './part.js';
import { BY_KEY } from './speaking.js';

/** Of what a comparison asks for at least so many: `reports in the last 30 days`; undefined for any other comparison. */
export function goalOf(leaf: JsonObject, number: number, pointer: string): Words | undefined {
  const [fact, params, operator] = [ownMember(leaf, 'fact'), ownMember(leaf, 'params'), ownMember(leaf, 'operator')];
  if (typeof fact !== 'string' || operator !== 'greaterThanInclusive') return undefined;
  return unitsOf({ fact, params: isJsonObject(params) ? params : {}, path: '', pointer }, number);
}

/** What a fact counts, after a number: `reports`, `days since joining`; undefined for a fact that counts nothing. */
export function unitsOf(fact: NamedFact, number: number): Words | undefined {
  const definition = FACTS.get(fact.fact);
  if (definition?.count === undefined) return undefined;
  const at = `${fact.pointer}/params/action`;
  const named = fact.fact === 'actionCount' ? namedActionOf(fact) : undefined;
  const units =
    named === undefined
      ? unitWords(fact, number)
      : say`${part('action', number === 1 ? named.one : named.many, at, ownMember(fact.params, 'action'))}${windowWords(fact)}`;
  return isOrganizations(fact) ? say`${units} of the organization` : units;
}

/** The nouns that numbers of facts are followed by, where these are not what `whose …` says: one, and several. */
const UNITS: Readonly<Partial<Record<string, readonly [one: string, several: string]>>> = {
  actionCount: ['time', 'times'],
  activeDays: ['day with', 'days with'],
  daysSinceJoin: ['day since joining', 'days since joining'],
  hoursSinceJoin: ['hour since joining', 'hours since joining'],
  daysInStage: ['day in the onboarding stage', 'days in the onboarding stage'],
  metConditions: ['of the segments', 'of the segments'],
};

function unitWords(fact: NamedFact, number: number): Words {
  const since = SINCE[fact.fact];
  if (since !== undefined) return sinceWords(number === 1 ? since : `${since}s`, fact);
  const noun = nounOf(fact, { of: 'people', names: BY_KEY });
  const units = UNITS[fact.fact];
  if (units === undefined) return fact.fact === 'streak' ? streakUnits(fact, number) : noun;
  const word = part('fact', number === 1 ? units[0] : units[1], `${fact.pointer}/fact`);
  // What follows the first word of such a noun is the action, and its window.
  return READS_ACTION.has(fact.fact) ? say`${word} ${noun.slice(2)}` : [word];
}

const SINCE: Readonly<Partial<Record<string, string>>> = { daysSinceAction: 'day', hoursSinceAction: 'hour' };
const READS_ACTION: ReadonlySet<string> = new Set(['actionCount', 'activeDays']);

function streakUnits(fact: NamedFact, number: number): Words {
  const period = ownMember(fact.params, 'period') ?? 'day';
  const word = part('fact', `${String(period)}${number === 1 ? '' : 's'} in a row`, `${fact.pointer}/fact`);
  return say`${word} with ${nounOf(fact, { of: 'people', names: BY_KEY }).slice(2)}`;
}

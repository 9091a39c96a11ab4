import { windowOf } from '../facts/day-window.js';
import { FACTS } from '../facts/fact-table.js';
import type { Requirement, ShownComparison } from '../requirements/requirement.js';
import { type JsonObject, ownMember } from '../values/json.js';
import { shownInstant } from '../values/time/time.js';
import { isOrganizations, type NamedFact, namedActionOf } from './fact-words.js';
import { unitsOf } from './goal-words.js';
import { leafClause } from './leaf-words.js';
import { listed, part, type Sentence, say, sentence, unplaced, type Words } from './part.js';
import { BY_KEY, constantPart, type Names } from './speaking.js';

/** How many things are told that are missing. */
const MAX_TOLD = 5;

/**
 * What is missing until a requirement is met, in words: `create 4 more reports by Sunday`, `3 more days since joining`. Of an `all` it is
 * all that is missing, of an `any` what is nearest. Tells no more than the requirement does. Undefined for one that is met.
 */
export function missingInWords(requirement: Requirement, names: Names = BY_KEY): Sentence | undefined {
  if (requirement.met) return undefined;
  const missing = missingLeaves(requirement);
  const told = missing.slice(0, MAX_TOLD).map((leaf) => leafWords(leaf, names));
  if (missing.length > MAX_TOLD) told.push(say`${String(missing.length - MAX_TOLD)} more`);
  return sentence(listed(told, 'and'));
}

/** The part of a requirement that is nearest to being met; undefined for one that is met. */
export function nearestMissing(requirement: Requirement): Requirement | undefined {
  if (requirement.met) return undefined;
  const [first, ...others] = missingLeaves(requirement);
  return others.reduce((nearest, leaf) => (leaf.progress > nearest.progress ? leaf : nearest), first!);
}

/** The parts that have to be met; a requirement itself where none of its parts by itself would do. */
function missingLeaves(requirement: Requirement): readonly Requirement[] {
  const { group, children } = requirement;
  const unmet = children.filter(({ met }) => !met);
  if (unmet.length === 0 || group === undefined || group === 'not') return [requirement];
  if (group === 'all') return unmet.flatMap(missingLeaves);
  return missingLeaves(unmet.find(({ nearest }) => nearest) ?? unmet[0]!);
}

function leafWords(requirement: Requirement, names: Names): Words {
  const { comparison, group, children, label, metAt } = requirement;
  const when = metAt === undefined ? [] : say` (at ${part('value', shownInstant(metAt), undefined, metAt)})`;
  if (group === 'not') {
    const inner = children[0];
    const words = inner === undefined ? say`what it excludes` : heldWords(inner, names);
    return say`no longer: ${label === '' ? words : part('field', label)}${when}`;
  }
  if (comparison === undefined)
    return say`${part('field', label === '' ? 'something that is not told' : label)}${when}`;
  const { remaining } = comparison;
  if (remaining === undefined || remaining <= 0) return say`${heldWords(requirement, names)}${when}`;
  return say`${moreWords(comparison, remaining)}${when}`;
}

/** What holds, where a requirement is met: `the role admin`, `to be somebody who has verified their e-mail address`. */
function heldWords({ comparison, label, group, children }: Requirement, names: Names): Words {
  if (comparison === undefined && label === '' && group !== undefined && children.length > 0) {
    const inner = children.slice(0, MAX_TOLD).map((child) => heldWords(child, names));
    return group === 'not' ? say`not ${inner[0]!}` : listed(inner, group === 'any' ? 'or' : 'and');
  }
  if (comparison === undefined) return [part('field', label === '' ? 'something that is not told' : label)];
  const { fact, params, path, operator, target = null } = comparison;
  if (fact === 'roles' && operator === 'contains' && typeof target === 'string')
    return say`the role ${unplaced([constantPart(fact, target, '')])}`;
  const leaf = { fact, params, ...(path === '' ? {} : { path }), operator, value: target };
  return say`to be somebody ${unplaced(leafClause(leaf, '', { of: 'people', names }).said)}`;
}

function moreWords({ fact, params }: ShownComparison, remaining: number): Words {
  const named: NamedFact = { fact, params, path: '', pointer: '' };
  const number = part('value', String(remaining), undefined, remaining);
  const action = fact === 'actionCount' && !isOrganizations(named) ? namedActionOf(named) : undefined;
  if (action === undefined) return say`${number} more ${unplaced(unitsOf(named, remaining) ?? [part('fact', fact)])}`;
  const noun = part('action', remaining === 1 ? action.one : action.many, undefined, ownMember(params, 'action'));
  return say`${part('action', action.verb.infinitive)} ${number} more ${noun}${byWhen(params)}`;
}

const ENDS: Readonly<Record<string, string>> = { day: ' today', week: ' by Sunday', month: ' by the end of the month' };

/** Until when what is done still counts together with what was: weeks end on Sundays. */
function byWhen(params: JsonObject): Words {
  const window = windowOf(FACTS.get('actionCount')!, params);
  if (window === undefined) return [];
  const period = ownMember(params, 'period');
  if (typeof period === 'string') return say`${ENDS[period] ?? ''}`;
  return window.days === 1 ? say` today` : say`, ${String(window.days)} days counting back from the last`;
}

/** A count against what it needs: `4 of 7 days since joining`; undefined where nothing is counted. */
export function countInWords({ comparison }: Requirement): Words | undefined {
  if (comparison === undefined) return undefined;
  const { fact, params, current = 0, target, remaining } = comparison;
  if (remaining === undefined || typeof target !== 'number' || typeof current !== 'number') return undefined;
  const units = unitsOf({ fact, params, path: '', pointer: '' }, target);
  if (units === undefined) return undefined;
  const number = (value: number): Words => [part('value', String(value), undefined, value)];
  return say`${number(current)} of ${number(target)} ${unplaced(units)}`;
}

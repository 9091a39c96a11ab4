import { type StreakKind, streaksOf } from '../states/streaks.js';
import { type JsonObject, ownMember } from '../values/json.js';
import { PERIODS, type Period } from '../values/time/calendar-period.js';
import { boundOf, type EarnerRead, labelOf, OF } from './action-facts.js';
import { ACTION, actionOf, actionWords } from './action-param.js';
import type { BoundFact, FactChange, FactDefinition, FactParam } from './fact-definition.js';
import { streakBase, streakReading } from './streak-reading.js';

/** How many periods in a row may be missed, at most. */
const MAX_GRACE = 7;

const PARAMS: readonly FactParam[] = [
  ACTION,
  { name: 'which', type: 'string', required: false, allowed: ['current', 'best'] },
  { name: 'period', type: 'string', required: false, allowed: PERIODS },
  { name: 'grace', type: 'integer', required: false, min: 0, max: MAX_GRACE },
  OF,
];

const CURRENT_CHANGED_BY: ReadonlySet<FactChange> = new Set(['events', 'time', 'identify', 'zone']);
const CHANGED_BY: ReadonlySet<FactChange> = new Set([...CURRENT_CHANGED_BY, 'organization events']);
const BEST_CHANGED_BY: ReadonlySet<FactChange> = new Set(['events']);

/** Whether the params ask for the present streak, not for the longest one. */
export function isCurrent(params: JsonObject): boolean {
  return ownMember(params, 'which') !== 'best';
}

function kindOf(params: JsonObject): StreakKind {
  const [period = 'day', grace = 0] = [ownMember(params, 'period'), ownMember(params, 'grace')];
  return { period: period as Period, grace: grace as number };
}

/** How many days, weeks or months one after the other a user did something. */
export const STREAK: FactDefinition = {
  name: 'streak',
  description:
    "In how many days, weeks (from Monday on) or months of the user's zone, one after the other, the user did the action: in the `current` " +
    'row, which ends when a whole `period` has gone by without it, or in the `best` ever. As many periods at once as `grace` says may be ' +
    'missed without an end; they do not count. Left out, `which` is `current`, `period` is `day`, and `grace` is 0.',
  type: 'number',
  params: PARAMS,
  changedBy: CHANGED_BY,
  path: 'refused',
  mayBeAbsent: false,
  ofOrganizations: true,
  disclosed: true,
  count: 'whole',
  streakOf: kindOf,
  label(params) {
    const { period, grace } = kindOf(params);
    const missed = grace === 0 ? '' : ` (${grace} at once may be missed)`;
    const words = `${isCurrent(params) ? '' : 'most '}${period}s in a row with ${actionWords(params)}${missed}`;
    return labelOf(params, words);
  },
  bind(params): BoundFact {
    const [action, kind] = [actionOf(params), kindOf(params)];
    if (isCurrent(params)) {
      const read: EarnerRead = ({ user, dayClock }) => streakBase(user.actions.get(action), kind, dayClock);
      return boundOf(params, CURRENT_CHANGED_BY, { read, time: streakReading(kind) });
    }
    const read: EarnerRead = ({ user }) => {
      const total = user.actions.get(action);
      return total === undefined ? 0 : streaksOf(total, kind).best;
    };
    return boundOf(params, BEST_CHANGED_BY, { read, time: undefined });
  },
};

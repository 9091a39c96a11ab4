import { type ActionTotal, unknownEarner } from '../states/user-state.js';
import { type JsonObject, ownMember } from '../values/json.js';
import { amountOf } from '../values/millionths.js';
import { PERIODS } from '../values/time/calendar-period.js';
import { DAY_MS, HOUR_MS } from '../values/time/time.js';
import { ACTION, actionOf, actionWords } from './action-param.js';
import { windowOf } from './day-window.js';
import type { BoundFact, EarnerSources, FactChange, FactDefinition, FactParam } from './fact-definition.js';
import { elapsedSince } from './time-reading.js';
import { type WindowMeasure, windowBase, windowReading } from './window-reading.js';

/** The longest window, in days: a leap year. */
const MAX_WINDOW_DAYS = 366;

const WINDOW_DAYS: FactParam = { name: 'windowDays', type: 'integer', required: false, min: 1, max: MAX_WINDOW_DAYS };
/** The present day, week or month, as a window. */
const PERIOD: FactParam = {
  name: 'period',
  type: 'string',
  required: false,
  allowed: PERIODS,
  excludes: 'windowDays',
};
/** The first or the last time of the action; left out, it is `last`. */
const WHICH: FactParam = { name: 'which', type: 'string', required: false, allowed: ['first', 'last'] };

/** Whose actions or unlocks are read: left out, those of whoever earns the rule. */
export const OF: FactParam = { name: 'of', type: 'string', required: false, allowed: ['organization'] };

/** What earner's facts read: their own, or what their organization has done. */
export type EarnerRead = (sources: EarnerSources) => unknown;

const NO_ORGANIZATION: EarnerSources = { user: unknownEarner(''), dayClock: undefined, isUnlocked: () => false };

/** A fact of an earner with its param `of`: for a user in no organization that of one which has done nothing. */
export function boundOf(
  params: JsonObject,
  changedBy: ReadonlySet<FactChange>,
  { read, time }: { readonly read: EarnerRead; readonly time: BoundFact['time'] },
): BoundFact {
  if (ownMember(params, 'of') !== 'organization') return { changedBy, read, time };
  const ofOrganization: ReadonlySet<FactChange> = new Set<FactChange>([
    'organization events',
    'identify',
    ...(time === undefined ? [] : (['time', 'zone'] as const)),
  ]);
  return { changedBy: ofOrganization, read: ({ earner = NO_ORGANIZATION }) => read(earner), time };
}

/** The label of a fact, which says so where it is the organization's. */
export function labelOf(params: JsonObject, label: string): string {
  return ownMember(params, 'of') === 'organization' ? ofOrganization(label) : label;
}

/** The label of a fact that is the organization's and not the user's own. */
export function ofOrganization(label: string): string {
  return `your organization: ${label}`;
}

interface ActionFact extends Pick<FactDefinition, 'name' | 'description' | 'count'> {
  readonly measure: WindowMeasure;
  readonly ever: (total: ActionTotal) => number;
  readonly label: (action: string) => string;
}

/** A fact that adds up one action's events: all of them, or those within a window, which then moves with time. */
function actionFact({ measure, ever, label, ...row }: ActionFact): FactDefinition {
  // Within windows days count in the user's zone.
  const changedBy: ReadonlySet<FactChange> = new Set(['events', 'time', 'identify', 'zone', 'organization events']);
  const changedByWindow: ReadonlySet<FactChange> = new Set(['events', 'time', 'identify', 'zone']);
  const changedByEvents: ReadonlySet<FactChange> = new Set(['events']);
  const windowed = { window: measure === 'sum' ? 'sums' : 'counts' } as const;
  const bind = (params: JsonObject): BoundFact => {
    const action = actionOf(params);
    const window = windowOf(windowed, params);
    if (window !== undefined) {
      const read: EarnerRead = ({ user, dayClock }) => windowBase(user.actionDays.get(action), dayClock);
      return boundOf(params, changedByWindow, { read, time: windowReading(window, measure) });
    }
    const read: EarnerRead = ({ user }) => {
      const total = user.actions.get(action);
      return total === undefined ? 0 : ever(total);
    };
    return boundOf(params, changedByEvents, { read, time: undefined });
  };
  return {
    ...row,
    type: 'number',
    params: [ACTION, WINDOW_DAYS, PERIOD, OF],
    changedBy,
    path: 'refused',
    mayBeAbsent: false,
    ofOrganizations: true,
    disclosed: true,
    ...windowed,
    label(params) {
      const window = windowOf(windowed, params);
      const words = label(actionWords(params));
      return labelOf(params, window === undefined ? words : `${words} ${window.words}`);
    },
    bind,
  };
}

/** A fact that counts whole units of time since the first or the last time of an action. */
function sinceAction(name: string, unitMs: number, { units, description }: Described): FactDefinition {
  const changedBy: ReadonlySet<FactChange> = new Set(['events', 'time', 'organization events']);
  const changedByUser: ReadonlySet<FactChange> = new Set(['events', 'time']);
  const isFirst = (params: JsonObject): boolean => ownMember(params, 'which') === 'first';
  const time = elapsedSince(unitMs);
  const bind = (params: JsonObject): BoundFact => {
    const action = actionOf(params);
    const first = isFirst(params);
    const read: EarnerRead = ({ user }) => {
      const total = user.actions.get(action);
      return first ? total?.firstAt : total?.lastAt;
    };
    return boundOf(params, changedByUser, { read, time });
  };
  return {
    name,
    description: `${description} since the first or the last time the user did the action; absent if never.`,
    type: 'number',
    params: [ACTION, WHICH, OF],
    changedBy,
    path: 'refused',
    mayBeAbsent: true,
    ofOrganizations: true,
    disclosed: true,
    count: 'whole',
    label: (params) =>
      labelOf(
        params,
        `${units} since the ${isFirst(params) ? 'first' : 'last'} ${ownMember(params, 'action') ?? 'action'}`,
      ),
    bind,
  };
}

interface Described {
  readonly units: string;
  readonly description: string;
}

/** The facts about what users did: those rows of the table of facts that events change. */
export const ACTION_FACTS: readonly FactDefinition[] = [
  actionFact({
    name: 'actionCount',
    description:
      'How often the user did the action: ever, on the last `windowDays` days, today included, or in the present `period`; days are those of ' +
      "the user's zone, weeks begin on Monday.",
    count: 'whole',
    measure: 'count',
    ever: (total) => total.count,
    label: (action) => action,
  }),
  actionFact({
    name: 'actionSum',
    description:
      "The sum of the values of the action's events, exact to a millionth: ever, on the last `windowDays` days, or in the present `period`.",
    count: 'amount',
    measure: 'sum',
    ever: (total) => amountOf(total.sum),
    label: (action) => `sum of ${action}`,
  }),
  actionFact({
    name: 'activeDays',
    description:
      'On how many different days, of their zone then, the user did the action: ever, of the last `windowDays`, or of the present `period`.',
    count: 'whole',
    measure: 'days',
    ever: (total) => total.activeDays,
    label: (action) => `days with ${action}`,
  }),
  sinceAction('daysSinceAction', DAY_MS, { units: 'days', description: 'Whole periods of 24 hours' }),
  sinceAction('hoursSinceAction', HOUR_MS, { units: 'hours', description: 'Whole hours' }),
];

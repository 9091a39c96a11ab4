import { type JsonObject, ownMember } from '../json.js';
import { DAY_MS, HOUR_MS } from '../time.js';
import type { ActionTotal } from '../user-state.js';
import type { BoundFact, FactChange, FactDefinition, FactParam, FactSources } from './fact-definition.js';
import { elapsedSince, type TimeReading } from './time-reading.js';
import { type WindowMeasure, windowReading } from './window-reading.js';

/** The longest window, in days: a leap year. */
export const MAX_WINDOW_DAYS = 366;

const ACTION: FactParam = { name: 'action', type: 'string', required: true };
const WINDOW_DAYS: FactParam = { name: 'windowDays', type: 'integer', required: false, min: 1, max: MAX_WINDOW_DAYS };
/** Left out, it is `last`. */
const WHICH: FactParam = { name: 'which', type: 'string', required: false, allowed: ['first', 'last'] };
const FLAG: FactParam = { name: 'flag', type: 'string', required: true };

const WHOLE_HOURS = elapsedSince(HOUR_MS);
const WHOLE_DAYS = elapsedSince(DAY_MS);
const CLOCK = elapsedSince(1);

type Read = (sources: FactSources) => unknown;
type Row = Omit<FactDefinition, 'params' | 'path' | 'mayBeAbsent' | 'disclosed' | 'changedBy' | 'bind'> & {
  readonly changedBy: readonly FactChange[];
  readonly path?: 'required';
  readonly mayBeAbsent?: true;
  readonly disclosed?: true;
};

/** A fact without params. */
function fact(row: Row, read: Read, time?: TimeReading): FactDefinition {
  const changedBy: ReadonlySet<FactChange> = new Set(row.changedBy);
  const bound: BoundFact = { changedBy, read, time };
  return { path: 'refused', mayBeAbsent: false, disclosed: false, ...row, changedBy, params: [], bind: () => bound };
}

/** A total per action: of all time, or of a window, which time moves too. */
function actionFact(name: string, measure: WindowMeasure, ever: (total: ActionTotal) => number): FactDefinition {
  const changedBy: ReadonlySet<FactChange> = new Set(['events', 'time']);
  const changedByEvents: ReadonlySet<FactChange> = new Set(['events']);
  const bind = (params: JsonObject): BoundFact => {
    const action = ownMember(params, 'action') as string;
    const windowDays = ownMember(params, 'windowDays') as number | undefined;
    if (windowDays !== undefined) {
      const read: Read = ({ user }) => user.actionDays.get(action);
      return { changedBy, read, time: windowReading(windowDays, measure) };
    }
    const read: Read = ({ user }) => {
      const total = user.actions.get(action);
      return total === undefined ? 0 : ever(total);
    };
    return { changedBy: changedByEvents, read, time: undefined };
  };
  const params = [ACTION, WINDOW_DAYS];
  return { name, type: 'number', params, changedBy, path: 'refused', mayBeAbsent: false, disclosed: true, bind };
}

function daysSinceAction(): FactDefinition {
  const changedBy: ReadonlySet<FactChange> = new Set(['events', 'time']);
  const bind = (params: JsonObject): BoundFact => {
    const action = ownMember(params, 'action') as string;
    const first = ownMember(params, 'which') === 'first';
    const read: Read = ({ user }) => {
      const total = user.actions.get(action);
      return first ? total?.firstAt : total?.lastAt;
    };
    return { changedBy, read, time: WHOLE_DAYS };
  };
  const shape = { name: 'daysSinceAction', type: 'number', params: [ACTION, WHICH] } as const;
  return { ...shape, changedBy, path: 'refused', mayBeAbsent: true, disclosed: true, bind };
}

function unlocked(): FactDefinition {
  const changedBy: ReadonlySet<FactChange> = new Set(['ledger']);
  const bind = (params: JsonObject): BoundFact => {
    const flagKey = ownMember(params, 'flag') as string;
    return { changedBy, read: (sources) => sources.isUnlocked(flagKey), time: undefined };
  };
  const shape = { name: 'unlocked', type: 'boolean', params: [FLAG] } as const;
  return { ...shape, changedBy, path: 'refused', mayBeAbsent: false, disclosed: true, bind };
}

/** Every fact that conditions can read. */
const TABLE: readonly FactDefinition[] = [
  fact({ name: 'role', type: 'string', changedBy: ['identify', 'roles'], mayBeAbsent: true }, (s) => s.roles[0]),
  fact({ name: 'roles', type: 'list', changedBy: ['identify', 'roles'] }, (s) => s.inheritedRoles),
  fact({ name: 'organization', type: 'string', changedBy: ['identify'], mayBeAbsent: true }, (s) =>
    present(s.organizationId),
  ),
  fact(
    {
      name: 'organizationAttribute',
      type: 'json',
      changedBy: ['identify', 'organization'],
      path: 'required',
      mayBeAbsent: true,
    },
    (s) => s.organization?.attributes,
  ),
  fact(
    { name: 'emailVerified', type: 'boolean', changedBy: ['identify'], disclosed: true },
    (s) => s.user.emailVerified,
  ),
  fact(
    { name: 'attribute', type: 'json', changedBy: ['identify', 'context'], path: 'required', mayBeAbsent: true },
    (s) => s.attributes,
  ),
  fact(
    { name: 'daysSinceJoin', type: 'number', changedBy: ['identify', 'time'], mayBeAbsent: true, disclosed: true },
    (s) => s.joinedAt,
    WHOLE_DAYS,
  ),
  fact(
    { name: 'hoursSinceJoin', type: 'number', changedBy: ['identify', 'time'], mayBeAbsent: true, disclosed: true },
    (s) => s.joinedAt,
    WHOLE_HOURS,
  ),
  fact({ name: 'stage', type: 'string', changedBy: ['progress'], mayBeAbsent: true, disclosed: true }, (s) =>
    present(s.user.stage),
  ),
  fact({ name: 'stageIndex', type: 'number', changedBy: ['progress'], disclosed: true }, (s) =>
    s.stages.indexOf(s.user.stage),
  ),
  fact({ name: 'stagesReached', type: 'list', changedBy: ['progress'], disclosed: true }, (s) =>
    s.user.stagesReached.map((reached) => reached.stage),
  ),
  fact(
    { name: 'daysInStage', type: 'number', changedBy: ['progress', 'time'], mayBeAbsent: true, disclosed: true },
    (s) => s.user.stageEnteredAt,
    WHOLE_DAYS,
  ),
  actionFact('actionCount', 'count', (total) => total.count),
  actionFact('actionSum', 'sum', (total) => total.sum),
  actionFact('activeDays', 'days', (total) => total.activeDays),
  daysSinceAction(),
  unlocked(),
  // Milliseconds elapsed since the epoch.
  fact({ name: 'now', type: 'number', changedBy: ['time'] }, () => 0, CLOCK),
];

/** '' is how stored state says "none". */
function present(text: string): string | undefined {
  return text === '' ? undefined : text;
}

/** The table of facts, by name. */
export const FACTS: ReadonlyMap<string, FactDefinition> = new Map(TABLE.map((row) => [row.name, row]));

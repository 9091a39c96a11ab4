import type { Effect } from '../flags/flag.js';
import type { JsonObject } from '../values/json.js';
import { dayNumber } from '../values/time/time.js';
import type { DayZone } from './day-zone.js';
import type { Ledger } from './ledger.js';

/** For how many days back a total says whether the action was done on them. */
export const RECENT_DAYS = 62;

/**
 * The kinds of subjects that earn: each is counted, judged and stored alike. An organization that earns is a {@link UserState} with its
 * id, in the organization of that id, without a profile of its own.
 */
export type Earner = 'user' | 'organization';

/** Everything ever counted about one action of one user. Instants are epoch milliseconds. */
export interface ActionTotal {
  readonly count: number;
  /** The sum of the values, in millionths. */
  readonly sum: bigint;
  /** Distinct days with at least one event, each in the zone in which it was counted. */
  readonly activeDays: number;
  readonly firstAt: number;
  readonly lastAt: number;
  /** The last of these days, in days since 1970-01-01; left out where it is the UTC day of `lastAt`. See {@link lastDayOf}. */
  readonly lastDay?: number;
  /**
   * Which of the last 62 days had an event: bit i stands for `lastDay` minus i. It lets a late event
   * count its day once, without a row per day; events older than that are refused at intake.
   */
  readonly recentDays: bigint;
  /**
   * What of it is of `lastDay`. That day gets a row of its own when a later one begins: until then each event would
   * write two rows. Left out where it has its row.
   */
  readonly openDay?: { readonly count: number; readonly sum: bigint };
  /** What streaks came to before the recent days, where some rule reads them: see `streaks.ts`. */
  readonly streaks?: string;
}

/** The last day on which an action was done, in the zone in which it was counted. */
export function lastDayOf({ lastDay, lastAt }: Pick<ActionTotal, 'lastDay' | 'lastAt'>): number {
  return lastDay ?? dayNumber(lastAt);
}

/** The member of a total whose last day it is, where it has one. */
export function lastDayMember(day: number, lastAt: number): Pick<ActionTotal, 'lastDay'> {
  return day === dayNumber(lastAt) ? {} : { lastDay: day };
}

/** One day of one action, in the zone in which it was counted. */
export interface ActionDay {
  /** Days since 1970-01-01. */
  readonly day: number;
  readonly count: number;
  /** The sum of the values, in millionths. */
  readonly sum: bigint;
}

/** A total, with whose and of which action it is. */
export interface UserActionTotal extends ActionTotal {
  readonly userId: string;
  readonly action: string;
}

/** A row of a day, likewise. */
export interface UserActionDay {
  readonly userId: string;
  readonly action: string;
  readonly day: number;
  readonly count: number;
  /** The sum of the values, in millionths. */
  readonly sum: bigint;
}

/** Some actions: a set of them, or a map by them. */
export type ActionNames = ReadonlySet<string> | ReadonlyMap<string, unknown>;

export const NO_ACTIONS: ActionNames = new Set<string>();

/** Whether a state has the days of all these actions. */
export function hasDaysOf({ daysOf }: Pick<UserState, 'daysOf'>, actions: ActionNames): boolean {
  if (daysOf === undefined || daysOf === actions) return true;
  for (const action of actions.keys()) if (!daysOf.has(action)) return false;
  return true;
}

/** All of these actions: one of the two where that has the other's. */
export function allActions(one: ActionNames, other: ActionNames): ActionNames {
  if (hasDaysOf({ daysOf: one }, other)) return one;
  return hasDaysOf({ daysOf: other }, one) ? other : new Set([...one.keys(), ...other.keys()]);
}

export interface StageReached {
  readonly stage: string;
  readonly reachedAt: number;
}

/** An access row of one user; `managedBy` is the organization that manages it, '' the platform. */
export interface UserAccess {
  readonly flagId: string;
  readonly managedBy: string;
  readonly effect: Effect;
  readonly enabled: boolean;
}

/** What is stored about one user that an evaluation can read. */
export interface UserState {
  readonly id: string;
  /** Grows with every change; 0 for a user of whom nothing is stored. */
  readonly revision: number;
  /**
   * The instant as of which something was last written about the user, in epoch milliseconds; of events it is that of the last one
   * that was judged. Absent where nothing was written yet.
   */
  readonly writtenAt?: number;
  /** The organization that the user is in; '' when in none. */
  readonly organizationId: string;
  readonly roles: readonly string[];
  readonly joinedAt?: number;
  readonly emailVerified: boolean;
  readonly attributes: JsonObject;
  /** The name of the user's time zone; absent where only a default is known. */
  readonly timeZone?: string;
  /** The zone in which the user's days were counted last; absent: UTC, ever since. */
  readonly dayZone?: DayZone;
  /** The onboarding stage that the user is in; '' before the first. */
  readonly stage: string;
  /** Each stage once, in the order first reached. The present stage's entry time is `stageEnteredAt`. */
  readonly stagesReached: readonly StageReached[];
  readonly stageEnteredAt?: number;
  readonly actions: ReadonlyMap<string, ActionTotal>;
  /** Per action, ascending by day: of the actions that are in `daysOf`. */
  readonly actionDays: ReadonlyMap<string, readonly ActionDay[]>;
  /** The actions whose days were read, which are those that some rule windowed then; left out, the days of every action. */
  readonly daysOf?: ActionNames;
  readonly access: readonly UserAccess[];
  readonly ledger: Ledger;
  /** Whether anybody has said who this user is since the last deletion: by an identify, whatever it said. */
  readonly identified?: true;
  /** The organization that alone may say who this user is; only while nobody has. Absent: any may. */
  readonly expectedOrganization?: string;
  /** When the user was last deleted, in epoch milliseconds: events that occurred up to then never count. */
  readonly deletedAt?: number;
}

/** How many different actions of one user are counted. One more would make a state that everybody who reads it has to carry. */
export const MAX_ACTIONS = 1_000;
/** How many stages a user can reach while any name is a stage: as many as a list of stages can have. */
export const MAX_STAGES_REACHED = 200;

// All states share these: very many users have no access rows, no ledger and no days.
const NOTHING: ReadonlyMap<string, never> = new Map<string, never>();
const NONE: readonly never[] = [];
const NO_ATTRIBUTES: JsonObject = {};

/** The state of a user of whom nothing is stored. */
export function unknownUser(id: string): UserState {
  return {
    id,
    revision: 0,
    organizationId: '',
    roles: NONE,
    emailVerified: false,
    attributes: NO_ATTRIBUTES,
    stage: '',
    stagesReached: NONE,
    actions: NOTHING,
    actionDays: NOTHING,
    access: NONE,
    ledger: NOTHING,
  };
}

/** The state of an organization as an earner, of which nothing was counted yet. */
export function unknownEarner(organizationId: string): UserState {
  return { ...unknownUser(organizationId), organizationId };
}

/** Whether nothing is stored of a user that an evaluation could read: an unknown user, or one who was deleted. */
export function isNobody(user: UserState): boolean {
  const { revision, deletedAt, organizationId, roles, joinedAt, emailVerified, attributes, timeZone, stage } = user;
  return (
    (revision === 0 || deletedAt !== undefined) &&
    organizationId === '' &&
    stage === '' &&
    joinedAt === undefined &&
    timeZone === undefined &&
    !emailVerified &&
    [roles, user.access, user.stagesReached, Object.keys(attributes)].every(({ length }) => length === 0) &&
    user.actions.size + user.actionDays.size + user.ledger.size === 0
  );
}

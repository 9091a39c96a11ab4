import type { DayClock } from '../states/day-zone.js';
import type { OrganizationState } from '../states/organization-state.js';
import type { StreakKind } from '../states/streaks.js';
import type { UserState } from '../states/user-state.js';
import type { JsonObject } from '../values/json.js';
import type { NameKind } from '../values/names.js';
import type { TimeReading } from './time-reading.js';

export type FactType = 'string' | 'number' | 'boolean' | 'list' | 'json';

/**
 * What can change a fact's value; `context` is a request that overrides it for its own call, `segments` whatever changes the facts that
 * segments read. `organization events` is what the user's organization has done and earned as a whole.
 */
export type FactChange =
  | 'identify'
  | 'roles'
  | 'organization'
  | 'zone'
  | 'progress'
  | 'events'
  | 'organization events'
  | 'ledger'
  | 'time'
  | 'context'
  | 'segments';

export interface FactParam {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'list';
  readonly required: boolean;
  /** The kind of name that a text, or each member of a list, must be, or a time zone; absent where it may be any text. */
  readonly kind?: NameKind | 'timeZone';
  /** The only values that it may have; absent: any of its type. */
  readonly allowed?: readonly string[];
  /** Inclusive bounds of an integer, or of how many members a list has. */
  readonly min?: number;
  readonly max?: number;
  /** The param that cannot stand beside it. */
  readonly excludes?: string;
}

/** What facts about somebody's actions and unlocks are read from. */
export interface EarnerSources {
  readonly user: UserState;
  /** In which zone the days on which something was done count; undefined for UTC at any time. */
  readonly dayClock: DayClock | undefined;
  isUnlocked(flagKey: string): boolean;
}

/** What facts are read from: stored state, with the request's overrides already merged by the caller. */
export interface FactSources extends EarnerSources {
  /** The user's organization as an earner; undefined for a user in none, and where nothing reads it. */
  readonly earner: EarnerSources | undefined;
  /** The state of the organization that the user is in; undefined when in none. */
  readonly organization: OrganizationState | undefined;
  /** The roles that the user was given, in order. */
  readonly roles: readonly string[];
  /** The roles that the user was given, then all that those inherit. */
  readonly inheritedRoles: readonly string[];
  /** The user's stored attributes with the context's laid over them. */
  readonly attributes: JsonObject;
  /** Epoch milliseconds. */
  readonly joinedAt: number | undefined;
  /** '' when in none. */
  readonly organizationId: string;
  /** The name of the time zone that the user's clocks are in: their own, else their organization's, else the deployment's. */
  readonly timeZone: string;
  /** The configured stages' names, in their order. */
  readonly stages: readonly string[];
}

/** A fact with its params given: how to read it. */
export interface BoundFact {
  readonly changedBy: ReadonlySet<FactChange>;
  /** The fact's base: for a fact that moves with time what `time` computes the value from, for any other the value itself. */
  read(sources: FactSources): unknown;
  /** Present where time alone changes the value. */
  readonly time: TimeReading | undefined;
}

/** The values that a fact can have. */
export interface FactRange {
  /** What they are, as the end of a sentence: `a whole number from 1 (Monday) to 7 (Sunday)`. */
  readonly words: string;
  has(value: unknown): boolean;
}

/** One row of the table of facts. */
export interface FactDefinition {
  readonly name: string;
  /** What the fact says of a user, in one sentence. */
  readonly description: string;
  readonly type: FactType;
  readonly params: readonly FactParam[];
  /** All that can change the fact, whatever its params. */
  readonly changedBy: ReadonlySet<FactChange>;
  /** Whether a condition must name the part of the value that it reads, by a path or by the param `name`, or must not. */
  readonly path: 'orName' | 'refused';
  /** Whether the fact can be undefined for a user. */
  readonly mayBeAbsent: boolean;
  /** Whether organizations have it as well as users do, so that rules may read it that they earn. */
  readonly ofOrganizations: boolean;
  /** Whether people may see their own value of the fact. */
  readonly disclosed: boolean;
  /** The only values that the fact ever has, where these are few or look alike. */
  readonly range?: FactRange;
  /** Set for a number that grows towards a goal, so that progress can be shown: whether it grows in whole steps or by any amount. */
  readonly count?: 'whole' | 'amount';
  /** Set for a fact that may have a window of days, see `day-window.ts`: whether it adds up events, or their values. */
  readonly window?: 'counts' | 'sums';
  /** Set for a fact that reads streaks: of which kind with these params. */
  readonly streakOf?: (params: JsonObject) => StreakKind;
  /** The label of a condition without a name that reads the fact, in requirements; `flagName` gives the label of a flag. */
  label(params: JsonObject, flagName: (flagKey: string) => string): string;
  /**
   * Gives the fact its params, which must have been validated. Absent for a fact that is no stored value: what it comes to is compiled
   * where a condition reads it.
   */
  readonly bind?: (params: JsonObject) => BoundFact;
}

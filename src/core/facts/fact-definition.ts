import type { OrganizationState } from '../states/organization-state.js';
import type { UserState } from '../states/user-state.js';
import type { JsonObject } from '../values/json.js';
import type { TimeReading } from './time-reading.js';

export type FactType = 'string' | 'number' | 'boolean' | 'list' | 'json';

/** What can change a fact's value. `context`: a request may override it for its own call. */
export type FactChange = 'identify' | 'roles' | 'organization' | 'progress' | 'events' | 'ledger' | 'time' | 'context';

export interface FactParam {
  readonly name: string;
  readonly type: 'string' | 'integer';
  readonly required: boolean;
  /** The only values, where they are few. */
  readonly allowed?: readonly string[];
  /** Inclusive bounds of an integer. */
  readonly min?: number;
  readonly max?: number;
}

/** What facts are read from: stored state, with the request's overrides already merged by the caller. */
export interface FactSources {
  readonly user: UserState;
  /** The present organization's; undefined in none, or where nothing is stored. */
  readonly organization: OrganizationState | undefined;
  /** The user's own, in order. */
  readonly roles: readonly string[];
  /** The user's own, then all they inherit. */
  readonly inheritedRoles: readonly string[];
  /** The stored ones merged with the context's. */
  readonly attributes: JsonObject;
  /** Epoch milliseconds. */
  readonly joinedAt: number | undefined;
  /** '' when in none. */
  readonly organizationId: string;
  /** The configured stages' names, in their order. */
  readonly stages: readonly string[];
  isUnlocked(flagKey: string): boolean;
}

/** A fact with its params settled. */
export interface BoundFact {
  readonly changedBy: ReadonlySet<FactChange>;
  /** The base: the value itself, or for a fact that moves with time what `time` reads it from. */
  read(sources: FactSources): unknown;
  /** Present where time alone changes the value. */
  readonly time: TimeReading | undefined;
}

/** One row of the table of facts. */
export interface FactDefinition {
  readonly name: string;
  /** What it says of a user, in one sentence. */
  readonly description: string;
  readonly type: FactType;
  readonly params: readonly FactParam[];
  /** All that can change it, whatever its params. */
  readonly changedBy: ReadonlySet<FactChange>;
  /** Whether a condition must say which part of the value it reads, or may not. */
  readonly path: 'required' | 'refused';
  /** Whether it can be undefined. */
  readonly mayBeAbsent: boolean;
  /** Whether people may be shown their own value of it. */
  readonly disclosed: boolean;
  /** Of a number that grows towards a goal, so that half of it is half-way: does it grow in whole steps, or in any? */
  readonly count?: 'whole' | 'amount';
  /** What a condition on it is called in requirements when nobody named it; `flagName` is what a flag is called there. */
  label(params: JsonObject, flagName: (flagKey: string) => string): string;
  /** Settles the params, which were validated. */
  bind(params: JsonObject): BoundFact;
}

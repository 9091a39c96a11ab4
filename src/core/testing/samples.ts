import type { AccessRow, Configuration, Flag, Rule, Segment } from '../flags/flag.js';
import { compileSnapshot, EMPTY_CONFIGURATION } from '../snapshot/compiling/compile-snapshot.js';
import type { Snapshot } from '../snapshot/snapshot.js';
import { type UserState, unknownUser } from '../states/user-state.js';
import type { JsonObject } from '../values/json.js';

/** The instant at which samples were made. */
export const NOW = Date.UTC(2026, 2, 1, 12);

/** A flag as `parseFlag` makes one when nothing is said of it. Its id is `flg_` and its key. */
export function flagOf(key: string, given: Partial<Flag> = {}): Flag {
  return {
    id: `flg_${key}`,
    key,
    name: key,
    description: '',
    active: true,
    isEnabledGlobally: false,
    type: 'BOOLEAN',
    variants: [
      { key: 'on', value: true },
      { key: 'off', value: false },
    ],
    offVariant: 'off',
    distribution: [],
    rules: [],
    prerequisites: [],
    tags: [],
    owner: '',
    delegated: false,
    clientVisible: true,
    archived: false,
    version: 1,
    salt: `salt of ${key}`,
    bucketing: 2,
    createdAt: NOW,
    updatedAt: NOW,
    ...given,
  };
}

/** A live rule for everyone. */
export function ruleOf(id: string, given: Partial<Rule> = {}): Rule {
  return {
    id,
    name: '',
    conditions: {},
    policy: 'LIVE',
    earnedBy: 'USER',
    rolloutPer100k: 100_000,
    bucketBy: 'user',
    distribution: [],
    version: 1,
    ledgerFloor: 0,
    ...given,
  };
}

/** A flag with one latching rule, `rul_` and its key. */
export function latchingFlag(key: string, conditions: JsonObject): Flag {
  return flagOf(key, { rules: [ruleOf(`rul_${key}`, { policy: 'LATCHING', conditions })] });
}

export function requires(...keys: string[]): Flag['prerequisites'] {
  return keys.map((flagKey) => ({ flagKey, variant: '' }));
}

/** Conditions that hold once another flag is unlocked. */
export function afterUnlocking(...flags: string[]): JsonObject {
  return { all: flags.map((flag) => ({ fact: 'unlocked', params: { flag }, operator: 'equal', value: true })) };
}

export const VERIFIED: JsonObject = { all: [{ fact: 'emailVerified', operator: 'equal', value: true }] };

/** Conditions that hold from so many days after joining. */
export function fromDay(days: number): JsonObject {
  return { all: [{ fact: 'daysSinceJoin', operator: 'greaterThanInclusive', value: days }] };
}

export function segmentOf(key: string, conditions: JsonObject): Segment {
  return { id: `seg_${key}`, key, name: key, conditions, version: 1, createdAt: NOW, updatedAt: NOW };
}

export function configurationOf(flags: readonly Flag[], more: Partial<Configuration> = {}): Configuration {
  return { ...EMPTY_CONFIGURATION, revision: 1, flags, ...more };
}

/** Throws where a flag cannot be compiled. */
export function snapshotOf(flags: readonly Flag[], more: Partial<Configuration> = {}): Snapshot {
  const snapshot = compileSnapshot(configurationOf(flags, more));
  if (snapshot.failures.length > 0) throw new Error(JSON.stringify(snapshot.failures));
  return snapshot;
}

/** What these make of the configuration that was there before. Throws where a flag cannot be compiled. */
export function snapshotAfter(before: Snapshot, flags: readonly Flag[], more: Partial<Configuration> = {}): Snapshot {
  const snapshot = compileSnapshot(configurationOf(flags, { revision: before.revision + 1, ...more }), before);
  if (snapshot.failures.length > 0) throw new Error(JSON.stringify(snapshot.failures));
  return snapshot;
}

export function userOf(given: Partial<UserState> = {}): UserState {
  return { ...unknownUser('ada'), revision: 1, ...given };
}

/** An active row of the platform. */
export function rowOf(flagKey: string, given: Partial<AccessRow>): AccessRow {
  const nobody = { userId: '', role: '', organizationId: '', managedBy: '' };
  return { flagId: `flg_${flagKey}`, ...nobody, effect: 'ALLOW', enabled: true, ...given };
}

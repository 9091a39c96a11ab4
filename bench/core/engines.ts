/**
 * Engines that decide flags in process, each with the same flags: on where the e-mail address is confirmed, the plan is `pro`
 * and ten reports were made, for half of the users.
 */
import { createRequire } from 'node:module';
import type { Decision } from '../../src/core/deciding/decision.js';
import { evaluate } from '../../src/core/deciding/evaluate.js';
import { parseFlag } from '../../src/core/flags/parse-flag.js';
import { compileSnapshot } from '../../src/core/snapshot/compiling/compile-snapshot.js';
import { HeldUser } from '../../src/core/states/held-user.js';
import { type UserState, unknownUser } from '../../src/core/states/user-state.js';
import { DAY_MS } from '../../src/core/values/time/time.js';
import { Metrics } from '../../src/observability/metrics.js';
import { flagKey } from '../stand/many-flags.js';
import { actionName } from '../stand/many-users.js';

export interface EngineUser {
  readonly id: string;
  readonly emailVerified: boolean;
  readonly plan: string;
  readonly reports: number;
}

export interface Engine {
  readonly name: string;
  /** Decides a flag for the user of this place, and counts what was decided. */
  decide(flag: string, user: number): unknown;
  isOn(decided: unknown): boolean;
}

/** Three of four users meet all conditions; the others fail at the last. */
export const makeUsers = (users: number): readonly EngineUser[] =>
  Array.from({ length: users }, (_, n) => ({
    ...{ id: `user-${n}`, emailVerified: true, plan: 'pro', reports: n % 4 === 0 ? 3 : 10 + (n % 50) },
  }));

export const meetsConditions = ({ reports }: EngineUser): boolean => reports >= 10;

const NOW = Date.UTC(2026, 0, 31);
const COUNTERS = 10;
const REPORTS = actionName(0);

/** Packages that `bench/peers/install` brought. */
const peers = createRequire(new URL('../peers/package.json', import.meta.url));

/** Counts decisions by what they were, for engines that leave that to their callers. */
function counted(): (what: string) => void {
  const counts = new Map<string, number>();
  return (what) => void counts.set(what, (counts.get(what) ?? 0) + 1);
}

export function latchkey(flags: number, users: readonly EngineUser[]): Engine {
  const snapshot = compileSnapshot({
    ...{ revision: 1, segments: [], stages: [], actions: [], roleAccess: [] },
    flags: Array.from({ length: flags }, (_, n) => latchkeyFlag(n)),
  });
  const states = users.map(stateOf);
  const metrics = new Metrics();
  return {
    name: 'latchkey',
    decide(flag, user) {
      const decision = evaluate(snapshot, flag, states[user]!, undefined, undefined, NOW);
      metrics.decided(decision.reason, false);
      return decision;
    },
    isOn: (decided) => (decided as Decision).enabled,
  };
}

function latchkeyFlag(n: number) {
  const conditions = {
    all: [
      { fact: 'emailVerified', operator: 'equal', value: true },
      { fact: 'attribute', path: '$.plan', operator: 'equal', value: 'pro' },
      { fact: 'actionCount', params: { action: REPORTS }, operator: 'greaterThanInclusive', value: 10 },
    ],
  };
  const { flag, faults } = parseFlag({
    ...{ key: flagKey(n), input: { rules: [{ conditions, rolloutPer100k: 50_000 }] }, existing: undefined },
    ...{ now: NOW, newId: (prefix) => `${prefix}_${n}`, relock: false },
  });
  if (faults.length > 0) throw new Error(JSON.stringify(faults));
  return flag;
}

function stateOf({ id, emailVerified, plan, reports }: EngineUser): UserState {
  const total = { sum: 0n, activeDays: 3, firstAt: NOW - DAY_MS, lastAt: NOW, recentDays: 1n };
  const actions = Array.from({ length: COUNTERS }, (_, n) => [actionName(n), { ...total, count: reports }] as const);
  return HeldUser.of({
    ...{ ...unknownUser(id), revision: 1, emailVerified, attributes: { plan } },
    ...{ joinedAt: NOW - 30 * DAY_MS, actions: new Map(actions) },
  });
}

interface FlagdCore {
  setConfigurations(configurations: string): unknown;
  resolveBooleanEvaluation(flag: string, otherwise: boolean, context: object): { value: boolean; reason: string };
}

export function flagd(flags: number, users: readonly EngineUser[]): Engine {
  const { FlagdCore } = peers('@openfeature/flagd-core') as { FlagdCore: new () => FlagdCore };
  const conditions = [
    { '==': [{ var: 'emailVerified' }, true] },
    { '==': [{ var: 'plan' }, 'pro'] },
    { '>=': [{ var: 'reports' }, 10] },
  ];
  const half = [
    ['on', 50],
    ['off', 50],
  ];
  const flag = {
    ...{ state: 'ENABLED', variants: { on: true, off: false }, defaultVariant: 'off' },
    targeting: { if: [{ and: conditions }, { fractional: half }, 'off'] },
  };
  const core = new FlagdCore();
  const all = Array.from({ length: flags }, (_, n) => [flagKey(n), flag] as const);
  core.setConfigurations(JSON.stringify({ flags: Object.fromEntries(all) }));
  const contexts = users.map(({ id, ...facts }) => ({ targetingKey: id, ...facts }));
  const count = counted();
  return {
    name: 'flagd-core',
    decide(key, user) {
      const resolved = core.resolveBooleanEvaluation(key, false, contexts[user]!);
      count(resolved.reason);
      return resolved;
    },
    isOn: (decided) => (decided as { value: boolean }).value,
  };
}

interface UnleashClient {
  isEnabled(flag: string, context: object): boolean;
  once(event: 'ready', listener: () => void): void;
}

/** Unleash counts by itself; it is asked no server, and its counts are never sent within a run. */
export async function unleash(flags: number, users: readonly EngineUser[]): Promise<Engine> {
  const { Unleash, InMemStorageProvider } = peers('unleash-client') as {
    Unleash: new (options: object) => UnleashClient;
    InMemStorageProvider: new () => object;
  };
  const constraints = [
    { contextName: 'emailVerified', operator: 'IN', values: ['true'] },
    { contextName: 'plan', operator: 'IN', values: ['pro'] },
    { contextName: 'reports', operator: 'NUM_GTE', value: '10', values: [] },
  ];
  const data = Array.from({ length: flags }, (_, n) => {
    const parameters = { rollout: '50', stickiness: 'userId', groupId: flagKey(n) };
    return {
      ...{ name: flagKey(n), enabled: true },
      strategies: [{ name: 'flexibleRollout', parameters, constraints }],
    };
  });
  const client = new Unleash({
    ...{ appName: 'bench', url: 'http://127.0.0.1:1/api', refreshInterval: 0, metricsInterval: 3_600_000 },
    ...{ bootstrap: { data }, storageProvider: new InMemStorageProvider(), skipInstanceCountWarning: true },
    customHeadersFunction: () => Promise.resolve({}),
  });
  (client as unknown as { on(event: string, listener: () => void): void }).on('error', () => undefined);
  await new Promise<void>((resolve) => client.once('ready', resolve));
  const contexts = users.map(({ id, emailVerified, plan, reports }) => ({
    ...{ userId: id, properties: { emailVerified: String(emailVerified), plan, reports: String(reports) } },
  }));
  return {
    name: 'unleash-client',
    decide: (key, user) => client.isEnabled(key, contexts[user]!),
    isOn: (decided) => decided === true,
  };
}

interface GrowthBookClient {
  initSync(options: object): unknown;
  evalFeature(flag: string, user: object): { on: boolean; source: string };
}

export function growthbook(flags: number, users: readonly EngineUser[]): Engine {
  const { GrowthBookClient } = peers('@growthbook/growthbook') as { GrowthBookClient: new () => GrowthBookClient };
  const condition = { emailVerified: true, plan: 'pro', reports: { $gte: 10 } };
  const rules = [{ condition, force: true, coverage: 0.5, hashAttribute: 'id' }];
  const features = Array.from({ length: flags }, (_, n) => [flagKey(n), { defaultValue: false, rules }] as const);
  const client = new GrowthBookClient();
  client.initSync({ payload: { features: Object.fromEntries(features) } });
  const contexts = users.map((attributes) => ({ attributes }));
  const count = counted();
  return {
    name: 'GrowthBook',
    decide(key, user) {
      const result = client.evalFeature(key, contexts[user]!);
      count(result.source);
      return result;
    },
    isOn: (decided) => (decided as { on: boolean }).on,
  };
}

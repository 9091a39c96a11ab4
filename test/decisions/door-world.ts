import { expect } from '@jest/globals';
import type { FlagInput } from '../../src/core/flags/parse-flag.js';
import type { RuleInput } from '../../src/core/flags/parse-rules.js';
import { NO_ACTIONS } from '../../src/core/states/user-state.js';
import type { JsonObject } from '../../src/core/values/json.js';
import { type DoorStand, openDoorStand, type Rpc } from '../../src/grpc/testing/door-stand.js';
import { AccessRow_Effect } from '../gen/latchkey/v1/access.js';
import { Consistency, Reason } from '../gen/latchkey/v1/evaluation.js';
import { FeatureFlag_Type, Rule_EarnedBy, Rule_Policy } from '../gen/latchkey/v1/flag.js';
import { until } from '../timing.js';
import type { CaseRow, DecisionCase } from './decision-cases.js';

/** What a door answers, in the words of a case. */
export interface DoorAnswer {
  readonly enabled: boolean;
  readonly reason: string;
  readonly variant: string;
  readonly value: unknown;
  /** The rule's name; '' for none. REST does not tell. */
  readonly rule?: string;
  /** Epoch milliseconds. */
  readonly validUntil?: number;
}

/** A case's world behind both doors of a server. */
export interface DoorWorld {
  overGrpc(): Promise<DoorAnswer>;
  /** undefined where the list does not hold the flag. */
  overRest(): Promise<DoorAnswer | undefined>;
}

/** A server for cases whose names are set apart. */
export function openCaseServer(): Promise<DoorStand> {
  return openDoorStand({ ROLES: 'grpc,rest,worker', EVENT_RETENTION_DAYS: '58' });
}

/** Sets a case up by the calls that operators and producers make. */
export async function putWorld(stand: DoorStand, given: DecisionCase): Promise<DoorWorld> {
  await putPeople(stand.admin, given);
  const ruleNames = await putConfiguration(stand.admin, given);
  await putRows(stand, given.access);
  await sendEvents(stand, given);
  return {
    overGrpc: () => askGrpc(stand.admin, given, ruleNames),
    overRest: () => askRest(stand, given),
  };
}

async function putPeople(admin: Rpc, { organization, user, stages }: DecisionCase): Promise<void> {
  const { id, attributes, roles } = organization;
  if (id !== '') await admin.setOrganization({ organization: { id, attributes, roles: roles.map(roleMessage) } });
  // There is one list for all: that of the case before would be in the way.
  await admin.setStages({ stages: stages.map((name) => ({ name })) });
  await admin.identify({
    ...{ userId: user.id, organizationId: user.organizationId, roles: [...user.roles] },
    ...{ emailVerified: user.emailVerified, attributes: user.attributes },
    ...(user.joinedAt === undefined ? {} : { joinedAt: new Date(user.joinedAt) }),
  });
  if (user.stage !== '') await admin.updateProgress({ userId: user.id, stage: user.stage });
}

function roleMessage({ name, inherits }: { readonly name: string; readonly inherits: readonly string[] }) {
  return { name, inherits: [...inherits] };
}

/** Flags and segments refer to one another: those that others refer to have to be there first. */
async function putConfiguration(admin: Rpc, { flags, segments }: DecisionCase): Promise<ReadonlyMap<string, string>> {
  const ruleNames = new Map<string, string>();
  let waiting: (() => Promise<void>)[] = [
    ...[...segments].map(([key, conditions]) => async () => {
      await admin.setSegment({ segment: { key, conditions } });
    }),
    ...[...flags].map(([key, input]) => async () => {
      const { flag } = await admin.setFlag({ flag: { key, ...flagMessage(input) } });
      for (const { id, name } of flag!.rules) ruleNames.set(id, name);
    }),
  ];
  while (waiting.length > 0) {
    const refused: typeof waiting = [];
    let reason: unknown;
    for (const put of waiting) {
      await put().catch((error: unknown) => {
        refused.push(put);
        reason = error;
      });
    }
    if (refused.length === waiting.length) throw reason;
    waiting = refused;
  }
  return ruleNames;
}

function flagMessage({ type, rules = [], startsAt, endsAt, ...rest }: FlagInput): JsonObject {
  const message = {
    ...rest,
    ...(type === undefined ? {} : { type: FeatureFlag_Type[type as keyof typeof FeatureFlag_Type] }),
    rules: rules.map(ruleMessage),
    ...(typeof startsAt === 'number' ? { startsAt: new Date(startsAt) } : {}),
    ...(typeof endsAt === 'number' ? { endsAt: new Date(endsAt) } : {}),
  };
  return message as unknown as JsonObject;
}

function ruleMessage({ policy, rolloutPer100k, earnedBy, ...rest }: RuleInput) {
  return {
    ...rest,
    ...(policy === undefined ? {} : { policy: Rule_Policy[policy as keyof typeof Rule_Policy] }),
    ...(earnedBy === undefined ? {} : { earnedBy: Rule_EarnedBy[earnedBy as keyof typeof Rule_EarnedBy] }),
    ...(rolloutPer100k === undefined ? {} : { rollout: rolloutPer100k }),
  };
}

/** An organization's own rows are put by its own token. */
async function putRows(stand: DoorStand, rows: readonly CaseRow[]): Promise<void> {
  for (const { flagKey, managedBy, effect, ...row } of rows) {
    const caller = managedBy === '' ? stand.admin : stand.as(await tokenOf(stand.admin, managedBy));
    await caller.setFlag({ flag: { key: flagKey }, access: [{ ...row, effect: AccessRow_Effect[effect] }] });
  }
}

async function tokenOf(admin: Rpc, organizationId: string): Promise<string> {
  return (await admin.createToken({ name: organizationId, scopes: ['manage'], organizationId })).secret;
}

async function sendEvents({ admin, latchkey }: DoorStand, { events, user }: DecisionCase): Promise<void> {
  if (events.length === 0) return;
  const sent = events.map(({ action, value, occurredAt, organizationId }, i) => ({
    ...{ id: String(i), source: 'case', userId: user.id, action, value, occurredAt: new Date(occurredAt) },
    organizationId,
  }));
  expect(await admin.track({ events: sent, wait: true })).toMatchObject({ accepted: sent.length, rejected: [] });
  // The organizations' part is counted a little later.
  for (const [id, own] of Map.groupBy(sent, ({ organizationId }) => organizationId)) {
    if (id === '') continue;
    const counted = async (): Promise<number> => {
      const { earner } = (await latchkey.store.states.organizations([id], NO_ACTIONS)).get(id)!;
      return [...(earner?.actions.values() ?? [])].reduce((sum, { count }) => sum + count, 0);
    };
    await until(async () => (await counted()) === own.length);
  }
}

async function askGrpc(
  admin: Rpc,
  { ask, user, context = {} }: DecisionCase,
  ruleNames: ReadonlyMap<string, string>,
): Promise<DoorAnswer> {
  const { organizationId, roles, joinedAt, attributes, anonymousId = '' } = context;
  const { enabled, reason, variant, value, ruleId, validUntil } = await admin.evaluate({
    flagKey: ask,
    consistency: Consistency.FULL,
    context: {
      userId: user.id,
      ...(organizationId === undefined ? {} : { organizationId }),
      ...(roles === undefined ? {} : { roles: [...roles] }),
      ...(joinedAt === undefined ? {} : { joinedAt: new Date(joinedAt) }),
      ...(attributes === undefined ? {} : { attributes }),
      anonymousId,
    },
  });
  const [name] = Object.entries(Reason).find(([, number]) => number === reason)!;
  return {
    ...{ enabled, reason: name.replace('REASON_', ''), variant, value },
    rule: ruleNames.get(ruleId) ?? ruleId,
    ...(validUntil === undefined ? {} : { validUntil: validUntil.getTime() }),
  };
}

interface FlagJson extends Omit<DoorAnswer, 'validUntil'> {
  readonly key: string;
  readonly valid_until?: string;
}

async function askRest({ latchkey }: DoorStand, { ask, user }: DecisionCase): Promise<DoorAnswer | undefined> {
  const url = `http://${latchkey.httpAddress}/api/feature-flags/?user_id=${encodeURIComponent(user.id)}&all=true`;
  const response = await fetch(url, { headers: { authorization: `Bearer ${latchkey.adminSecret}` } });
  const { flags } = (await response.json()) as { flags: FlagJson[] };
  const shown = flags.find(({ key }) => key === ask);
  if (shown === undefined) return undefined;
  const { enabled, reason, variant, value, valid_until } = shown;
  return {
    ...{ enabled, reason, variant, value },
    ...(valid_until === undefined ? {} : { validUntil: Date.parse(valid_until) }),
  };
}

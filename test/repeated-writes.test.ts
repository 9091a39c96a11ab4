import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type DoorStand, failureOf, openDoorStand } from '../src/grpc/testing/door-stand.js';
import { AccessRow_Effect as Effect } from './gen/latchkey/v1/access.js';
import {
  SetFlagRequest_OnRuleChange as OnRuleChange,
  Rule_Policy as Policy,
  type Rule,
} from './gen/latchkey/v1/flag.js';

let stand: DoorStand;
let database: DatabaseSync;

beforeAll(async () => {
  // No worker: what is stored changes by calls alone.
  stand = await openDoorStand({ ROLES: 'grpc,rest' });
  database = new DatabaseSync(stand.latchkey.databasePath, { readOnly: true });
  const types = ['dev.latchkey.unlocked', 'dev.latchkey.revoked', 'dev.latchkey.flag.changed'];
  await stand.admin.createWebhook({ webhook: { url: 'https://hooks.example.com/', types } });
  await stand.admin.setSegment({ segment: { key: 'verified', conditions: VERIFIED } });
  await stand.admin.identify({ userId: 'ada', emailVerified: true, organizationId: 'acme', roles: ['manager'] });
});

afterAll(async () => {
  database.close();
  await stand.close();
});

const VERIFIED = { all: [{ fact: 'emailVerified', operator: 'equal', value: true }] };

/** What changes by itself: when tokens were last used, when servers were last seen, and the counter by which a server notices a lost database. */
const RESTLESS = new Set(['tokens', 'nodes', 'server_pulses']);

/** Every row of every other table, a table in a text. */
function everythingStored(): Readonly<Record<string, string>> {
  const tables = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").all();
  const names = tables.map(({ name }) => String(name)).filter((name) => !RESTLESS.has(name));
  return Object.fromEntries(
    names.map((name) => [name, JSON.stringify(database.prepare(`SELECT * FROM ${name}`).all())]),
  );
}

/** Few words, so that they meet. */
const arbitraryRule = fc.record(
  {
    id: fc.constantFrom('', '', 'first', 'second'),
    name: fc.constantFrom('', 'x', 'y'),
    conditions: fc.constantFrom({}, VERIFIED, { ...VERIFIED, name: 'checked' }, { condition: 'verified' }),
    policy: fc.constantFrom(Policy.LIVE, Policy.LATCHING),
    rollout: fc.constantFrom(0, 50_000, 100_000),
    bucketBy: fc.constantFrom('user', 'organization', 'attribute:device'),
    distribution: fc.constantFrom<{ variant: string; weight: number }[]>([], [{ variant: 'on', weight: 3 }]),
  },
  { requiredKeys: [] },
);
let unnamed = 0;
const arbitraryRules = fc.uniqueArray(arbitraryRule, { maxLength: 4, selector: ({ id }) => id || ++unnamed });

const arbitraryFlag = fc.record(
  {
    name: fc.constantFrom('', 'A name'),
    description: fc.constantFrom('', 'text'),
    active: fc.boolean(),
    isEnabledGlobally: fc.boolean(),
    variants: fc.constantFrom<{ key: string; value: boolean }[]>(
      [],
      [
        { key: 'on', value: true },
        { key: 'off', value: false },
        { key: 'third', value: false },
      ],
    ),
    distribution: fc.constantFrom<{ variant: string; weight: number }[]>([], [{ variant: 'on', weight: 1 }]),
    rules: arbitraryRules,
    startsAt: fc.constantFrom(undefined, new Date('2026-01-01T00:00:00.123Z')),
    endsAt: fc.constantFrom(undefined, new Date('2030-01-01T00:00:00Z')),
    tags: fc.constantFrom<string[]>([], ['b', 'a', 'b']),
    owner: fc.constantFrom('', 'growth'),
    delegated: fc.boolean(),
    clientVisible: fc.boolean(),
    archived: fc.integer({ min: 0, max: 4 }).map((n) => n === 0),
    bucketing: fc.constantFrom(1, 2),
  },
  { requiredKeys: [] },
);
const PATHS = [
  'name',
  'description',
  'active',
  'is_enabled_globally',
  'distribution',
  'rules',
  'starts_at',
  'archived',
];

const TARGETS = [
  { userId: 'ada' },
  { userId: 'never-seen' },
  { role: 'manager' },
  { organizationId: 'acme' },
  { organizationId: 'acme', role: 'manager' },
];
const arbitraryRows = fc
  .subarray(TARGETS)
  .chain((targets) =>
    fc.tuple(...targets.map((target) => fc.tuple(fc.constant(target), fc.integer({ min: 0, max: 4 })))),
  )
  .map((rows) => ({
    access: rows
      .filter(([, kind]) => kind < 4)
      .map(([target, kind]) => ({ ...target, effect: kind < 2 ? Effect.ALLOW : Effect.DENY, enabled: kind % 2 === 0 })),
    removeAccess: rows.filter(([, kind]) => kind === 4).map(([target]) => target),
  }));

const arbitraryWrite = fc.record({
  flag: arbitraryFlag,
  updateMask: fc.option(fc.subarray(PATHS), { nil: undefined }),
  onRuleChange: fc.constantFrom(OnRuleChange.KEEP, OnRuleChange.RELOCK),
  rows: arbitraryRows,
});
type Write = typeof arbitraryWrite extends fc.Arbitrary<infer W> ? W : never;
/** Each property on a flag of its own, with whatever came before. */
const arbitraryHistory = fc.tuple(fc.array(arbitraryWrite, { maxLength: 2 }), arbitraryWrite);

let flags = 0;
const newKey = (): string => `flag-${++flags}`;

const setFlag = (key: string, { flag, updateMask, onRuleChange, rows }: Write) =>
  stand.admin.setFlag({ flag: { ...flag, key }, updateMask, onRuleChange, comment: 'again', ...rows });

async function written(key: string, history: readonly Write[]) {
  for (const write of history) await setFlag(key, write);
}

async function ask(method: string, path: string, body?: unknown): Promise<unknown> {
  const response = await fetch(`http://${stand.latchkey.httpAddress}${path}`, {
    method,
    headers: { authorization: `Bearer ${stand.latchkey.adminSecret}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const json = await response.json();
  expect([response.status, json]).toEqual([200, expect.anything()]);
  return json;
}

describe('a write that says again what is there changes nothing that is stored', () => {
  const runs = { numRuns: 40 };

  it('SetFlag: the same request twice, whatever it says and came after', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryHistory, async ([history, last]) => {
        const key = newKey();
        await written(key, history);
        const first = await setFlag(key, last);
        const stored = everythingStored();
        const second = await setFlag(key, last);
        expect(everythingStored()).toEqual(stored);
        const quiet = { backfillId: '', newlyUnlocked: [], newlyLocked: [] };
        expect(second).toEqual({ ...first, ...quiet, consistencyToken: second.consistencyToken });
      }),
      runs,
    );
  });

  it('SetFlag: what was read back, with the ids of rules and without, by mask and without', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryHistory, fc.boolean(), fc.boolean(), async ([history, last], masked, named) => {
        const key = newKey();
        await written(key, [...history, last]);
        const { flag } = await stand.admin.getFlag({ flag: key });
        const { items: access } = await listedAccess(key);
        const stored = everythingStored();
        const rules = flag!.rules.map((rule): Rule => (named ? rule : { ...rule, id: '' }));
        await stand.admin.setFlag({
          flag: { ...flag, rules },
          access,
          ...(masked ? { updateMask: PATHS } : {}),
          onRuleChange: OnRuleChange.RELOCK,
        });
        expect(everythingStored()).toEqual(stored);
        const path = `/api/admin/flags/${key}`;
        await ask('PATCH', path, ((await ask('GET', path)) as { flag: object }).flag);
        expect(everythingStored()).toEqual(stored);
      }),
      runs,
    );
  });

  it('SetSegment, SetStages, DeclareActions, SetOrganization and UpdateWebhook', async () => {
    const { webhook } = await stand.admin.createWebhook({
      webhook: { url: 'https://hooks.example.com/other', types: ['dev.latchkey.unlocked'], enabled: false },
    });
    const id = webhook!.id;
    const roles = [{ name: 'lead', inherits: ['manager'] }, { name: 'intern' }];
    const attributes = { plan: 'pro', seats: [1, { b: 2, a: 3 }] };
    const sameAttributes = { seats: [1, { a: 3, b: 2 }], plan: 'pro' };
    const all = { all: [{ operator: 'equal', value: true, fact: 'emailVerified' }] };
    const writes: readonly (readonly [() => Promise<unknown>, again?: () => Promise<unknown>])[] = [
      [
        () => stand.admin.setSegment({ segment: { key: 'again', name: 'Again', conditions: VERIFIED }, comment: 'x' }),
        () => stand.admin.setSegment({ segment: { key: 'again', conditions: all } }),
      ],
      [() => stand.admin.setStages({ stages: [{ name: 'one', selfSettable: true }, { name: 'two' }] })],
      [() => stand.admin.setStages({ stages: [] })],
      [() => stand.admin.declareActions({ actions: [{ name: 'a', clientTrackable: true }, { name: 'b' }] })],
      [() => stand.admin.setOrganization({ organization: { id: 'globex' } })],
      [
        () => stand.admin.setOrganization({ organization: { id: 'globex', strictRoles: true, attributes, roles } }),
        () => stand.admin.setOrganization({ organization: { id: 'globex', attributes: sameAttributes } }),
      ],
      [() => stand.admin.updateWebhook({ webhook: { id, description: 'd', enabled: true } })],
      [
        () => stand.admin.updateWebhook({ webhook: { id, enabled: false }, comment: 'x' }),
        () => stand.admin.updateWebhook({ webhook: { id, types: ['dev.latchkey.unlocked'] } }),
      ],
    ];
    for (const [write, same = write] of writes) {
      const before = everythingStored();
      await write();
      const stored = everythingStored();
      expect(stored).not.toEqual(before);
      for (const again of [write, same]) {
        await again();
        expect(everythingStored()).toEqual(stored);
      }
    }
    const late = stand.admin.setSegment({ segment: { key: 'again' }, expectedVersion: 0 });
    expect((await failureOf(late)).details).toContain('is at version 1 now');
  });

  it('PATCH: the same body twice, and what it answered', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryHistory, arbitraryRules, async ([history, last], rules) => {
        const key = newKey();
        await written(key, [...history, last]);
        const path = `/api/feature-flags/${key}`;
        const body = {
          description: 'by REST',
          rules: rules.map(({ policy, bucketBy, ...rule }) => ({
            ...rule,
            ...(policy === undefined ? {} : { policy: policy === Policy.LATCHING ? 'LATCHING' : 'LIVE' }),
            ...(bucketBy === undefined ? {} : { bucket_by: bucketBy }),
          })),
          access: [{ user_id: 'ada', effect: 'DENY' }, { organization_id: 'acme' }],
          remove_access: [{ role: 'manager' }],
          on_rule_change: 'RELOCK',
        };
        const { flag } = (await ask('PATCH', path, body)) as { flag: Record<string, unknown> };
        const stored = everythingStored();
        await ask('PATCH', path, body);
        const { id, key: _, version, salt, created_at, updated_at, ...fields } = flag;
        await ask('PATCH', `/api/feature-flags/${id}`, fields);
        expect(everythingStored()).toEqual(stored);
      }),
      { numRuns: 25 },
    );
  });
});

async function listedAccess(flag: string) {
  const { access } = await stand.admin.listAccess({ flag, pageSize: 100 });
  return { items: access };
}

import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type AccessRow, MAX_PREREQUISITE_DEPTH } from '../flags/flag.js';
import { foldLedger } from '../states/ledger.js';
import { type OrganizationState, unknownOrganization } from '../states/organization-state.js';
import { arbitraryWorld } from '../testing/arbitrary-world.js';
import { flagOf, NOW, requires, rowOf, ruleOf, snapshotOf, userOf } from '../testing/samples.js';
import type { JsonObject } from '../values/json.js';
import type { EvaluationContext } from './decision.js';
import { REASONS } from './decision.js';
import { among, decide, decideAmong, decideForPeople, evaluate } from './evaluate.js';
import { subjectOf } from './subject.js';

/** One row of the requirements document: `feature`, and one of user, role and organization. */
interface DocumentRow {
  readonly user?: string;
  readonly role?: string;
  readonly organization?: string;
  readonly enabled: boolean;
}

interface DocumentUser {
  readonly id: string;
  readonly roles: readonly string[];
  readonly organization: string;
}

/** The requirements document's own five steps, word for word. */
function documentDecides(exists: boolean, global: boolean, rows: readonly DocumentRow[], user: DocumentUser): string {
  if (!exists) return 'off: unknown key';
  if (global) return 'on: globally';
  if (rows.some((row) => row.enabled && row.user === user.id)) return 'on: user';
  if (rows.some((row) => row.enabled && row.role !== undefined && user.roles.includes(row.role))) return 'on: role';
  if (rows.some((row) => row.enabled && row.organization !== undefined && row.organization === user.organization)) {
    return 'on: organization';
  }
  return 'off';
}

const USERS = ['ada', 'grace', '__proto__'];
const ROLES = ['pilot', 'navigator', 'constructor'];
const ORGANIZATIONS = ['acme', 'globex'];

const documentRow: fc.Arbitrary<DocumentRow> = fc
  .tuple(
    fc.oneof(
      fc.constantFrom(...USERS).map((user) => ({ user })),
      fc.constantFrom(...ROLES).map((role) => ({ role })),
      fc.constantFrom(...ORGANIZATIONS).map((organization) => ({ organization })),
    ),
    fc.boolean(),
  )
  .map(([target, enabled]) => ({ ...target, enabled }));

/** A row's key is its target: two of one target are one. */
const documentRows = fc.uniqueArray(documentRow, {
  maxLength: 6,
  selector: ({ user, role, organization }) => JSON.stringify([user, role, organization]),
});

describe('evaluate', () => {
  it('gives decisions that nobody can change for others', () => {
    const value = { colours: ['blue'] };
    const variants = [
      { key: 'off', value: null },
      { key: 'on', value },
    ];
    const daily = [{ fact: 'daysSinceJoin', operator: 'greaterThan', value: 7 }];
    const snapshot = snapshotOf([
      flagOf('always', { type: 'JSON', variants, isEnabledGlobally: true }),
      flagOf('timed', { rules: [ruleOf('rul', { conditions: { all: daily } })] }),
    ]);
    const ask = (key: string) => evaluate(snapshot, key, userOf({ joinedAt: NOW }), undefined, undefined, NOW);
    expect(ask('always')).toBe(ask('always'));
    expect(() => Object.assign(ask('always'), { enabled: false })).toThrow(TypeError);
    expect(() => (ask('always').value as typeof value).colours.push('red')).toThrow(TypeError);
    expect(ask('timed')).toEqual(ask('timed'));
    expect(ask('timed')).not.toBe(ask('timed'));
  });

  it("gives the requirements document's own answer for rows of one target and plain roles", () => {
    const seen = new Map<string, number>();
    const user = fc.record({
      id: fc.constantFrom(...USERS),
      roles: fc.subarray(ROLES),
      organization: fc.constantFrom('', ...ORGANIZATIONS),
    });
    fc.assert(
      fc.property(documentRows, fc.boolean(), fc.boolean(), user, (rows, exists, global, given) => {
        const isGlobal = global && rows.length % 2 === 0;
        const expected = documentDecides(exists, isGlobal, rows, given);
        const all: AccessRow[] = rows.map(
          ({ user: userId = '', role = '', organization: organizationId = '', enabled }) =>
            rowOf('insights', { userId, role, organizationId, enabled }),
        );
        const snapshot = snapshotOf([flagOf('insights', { isEnabledGlobally: isGlobal })], {
          roleAccess: all.filter(({ role }) => role !== ''),
        });
        const state = userOf({
          ...{ id: given.id, roles: given.roles, organizationId: given.organization },
          access: all.filter(({ userId }) => userId === given.id),
        });
        const organization: OrganizationState | undefined =
          given.organization === ''
            ? undefined
            : {
                ...unknownOrganization(given.organization),
                access: all.filter(({ organizationId }) => organizationId === given.organization),
              };
        const decision = evaluate(snapshot, exists ? 'insights' : 'unknown', state, organization, undefined, NOW);
        expect(decision.enabled).toBe(expected.startsWith('on'));
        // Rows come before the global switch here, so that a denial can hold; the answer is the same.
        if (!isGlobal && decision.enabled) expect(`on: ${decision.reason.toLowerCase()}`).toBe(expected);
        seen.set(expected, (seen.get(expected) ?? 0) + 1);
      }),
      { numRuns: 2000 },
    );
    expect([...seen.keys()].sort()).toEqual(
      ['off', 'off: unknown key', 'on: globally', 'on: organization', 'on: role', 'on: user'].sort(),
    );
  });

  it('never throws and always gives a reason, whatever the states and the context are called', () => {
    const name = fc.oneof(
      fc.constantFrom('', '__proto__', 'constructor', 'toString', 'hasOwnProperty', 'pro', 'reports', '\ud800'),
      fc.string(),
    );
    const attributes = fc
      .array(fc.tuple(name, fc.jsonValue()), { maxLength: 5 })
      .map(
        (entries) =>
          JSON.parse(
            `{${entries.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`)}}`,
          ) as JsonObject,
      );
    const context: fc.Arbitrary<EvaluationContext | undefined> = fc.option(
      fc.record(
        { organizationId: name, roles: fc.array(name), joinedAt: fc.double(), attributes },
        { requiredKeys: [] },
      ),
      { nil: undefined },
    );
    const organization = fc.option(
      fc.record({
        ...{ id: name, revision: fc.nat(), version: fc.nat(), attributes, strictRoles: fc.boolean() },
        roles: fc.array(fc.record({ name, inherits: fc.array(name) })),
        access: fc.constant([]),
      }),
      { nil: undefined },
    );
    fc.assert(
      fc.property(
        arbitraryWorld,
        fc.record({ id: name, roles: fc.array(name), organizationId: name, attributes }),
        organization,
        context,
        fc.tuple(name, fc.oneof(fc.integer(), fc.constantFrom(NaN, Infinity, -Infinity))),
        ({ snapshot, user }, given, org, overrides, [key, now]) => {
          const decision = evaluate(snapshot, key, { ...user, ...given }, org, overrides, now);
          expect(REASONS).toContain(decision.reason);
          expect(decision.flagKey).toBe(key);
          if (!snapshot.flags.has(key)) expect(decision).toMatchObject({ enabled: false, reason: 'FLAG_NOT_FOUND' });
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('leaves everything it is given as it was', () => {
    fc.assert(
      fc.property(arbitraryWorld, ({ snapshot, user, organization }) => {
        const freeze = <T>(value: T): T => Object.freeze(value);
        const frozen = { ...user, attributes: freeze({ ...user.attributes }), roles: freeze([...user.roles]) };
        const context = freeze({ roles: freeze(['manager']), attributes: freeze({ plan: 'free' }) });
        evaluate(snapshot, 'reports', freeze(frozen), organization && freeze(organization), context, NOW);
        expect(evaluate(snapshot, 'reports', frozen, organization, undefined, NOW)).toEqual(
          evaluate(snapshot, 'reports', { ...frozen }, organization, undefined, NOW),
        );
      }),
      { numRuns: 100 },
    );
  });

  it('takes nothing from the state of another organization than the one that the answer is about', () => {
    const snapshot = snapshotOf([flagOf('insights', { delegated: true })]);
    const access = [
      rowOf('insights', { organizationId: 'acme' }),
      rowOf('insights', { organizationId: 'acme', managedBy: 'acme' }),
    ];
    const acme = { ...unknownOrganization('acme'), access, roles: [{ name: 'lead', inherits: ['employee'] }] };
    const user = userOf({ organizationId: 'acme' });
    const enabled = (context?: EvaluationContext): boolean =>
      evaluate(snapshot, 'insights', user, acme, context, NOW).enabled;
    expect(enabled()).toBe(true);
    expect(enabled({ roles: ['lead'] })).toBe(false);
    expect(enabled({ organizationId: 'globex' })).toBe(false);
  });

  it('is the same among other flags of the user, in whichever order, as alone', () => {
    let taken = 0;
    fc.assert(
      fc.property(arbitraryWorld, fc.infiniteStream(fc.nat()), fc.boolean(), (world, places, hidesDenials) => {
        const { snapshot, user, organization } = world;
        const subject = subjectOf(snapshot, user, organization);
        const common = among({ hidesDenials });
        const keys = [...snapshot.flags.keys(), 'unknown'];
        const order = Array.from({ length: 2 * keys.length }, () => keys[places.next().value! % keys.length]!);
        for (const key of order) {
          if (common.decided?.has(key) === true) taken += 1;
          const alone = (hidesDenials ? decideForPeople : decide)(snapshot, key, subject, NOW);
          expect(decideAmong(snapshot, key, subject, NOW, common)).toEqual(alone);
        }
      }),
      // Few worlds have flags that others require and that are decided on the way to these.
      { numRuns: 400 },
    );
    expect(taken).toBeGreaterThan(0);
  });

  it('decides a flag that many ways lead to only once', () => {
    // Each flag of a layer requires both of the next: 2^31 ways to the last one.
    const layers = MAX_PREREQUISITE_DEPTH;
    const flags = Array.from({ length: layers }, (_, i) =>
      ['a', 'b'].map((side) =>
        flagOf(`${side}${i}`, {
          isEnabledGlobally: true,
          prerequisites: i + 1 < layers ? requires(`a${i + 1}`, `b${i + 1}`) : [],
        }),
      ),
    ).flat();
    expect(evaluate(snapshotOf(flags), 'a0', userOf(), undefined, undefined, NOW)).toMatchObject({
      enabled: true,
      reason: 'GLOBAL',
    });
  });

  it('follows prerequisites as far as validation lets them stand in a row', () => {
    const chain = (length: number) =>
      snapshotOf(
        Array.from({ length }, (_, i) =>
          flagOf(`f${i}`, { isEnabledGlobally: true, prerequisites: i + 1 < length ? requires(`f${i + 1}`) : [] }),
        ),
      );
    const decide = (length: number) => evaluate(chain(length), 'f0', userOf(), undefined, undefined, NOW).reason;
    expect(decide(MAX_PREREQUISITE_DEPTH + 1)).toBe('GLOBAL');
    expect(decide(MAX_PREREQUISITE_DEPTH + 2)).toBe('PREREQUISITE_FAILED');
  });

  it('ends for prerequisites that lead back, in a damaged configuration', () => {
    const keys = ['a', 'b', 'c', 'd'];
    const flags = keys.map((key) => flagOf(key, { isEnabledGlobally: true, prerequisites: requires(...keys) }));
    expect(evaluate(snapshotOf(flags), 'a', userOf(), undefined, undefined, NOW)).toMatchObject({
      enabled: false,
      reason: 'PREREQUISITE_FAILED',
    });
  });

  it('reads the rows of an organization once for all flags and users', () => {
    const keys = Array.from({ length: 50 }, (_, i) => `f${i}`);
    const snapshot = snapshotOf(keys.map((key) => flagOf(key)));
    const rows = Array.from({ length: 10_000 }, (_, i) =>
      rowOf(keys[i % keys.length]!, { organizationId: 'acme', role: i < keys.length ? '' : `role ${i}` }),
    );
    let reads = 0;
    const access = new Proxy(rows, {
      get(target, name) {
        if (typeof name === 'string' && /^\d+$/.test(name)) reads += 1;
        return Reflect.get(target, name) as unknown;
      },
    });
    const acme = { ...unknownOrganization('acme'), access };
    for (const id of ['ada', 'grace']) {
      for (const key of keys) {
        const user = userOf({ id, organizationId: 'acme', roles: ['pilot'] });
        expect(evaluate(snapshot, key, user, acme, { attributes: {} }, NOW).reason).toBe('ORGANIZATION');
      }
    }
    expect(reads).toBe(rows.length);
  });

  it('remembers a user without overrides, and forgets what a call overrides', () => {
    const snapshot = snapshotOf([
      flagOf('tools', {
        rules: [ruleOf('r', { conditions: { all: [{ fact: 'role', operator: 'equal', value: 'manager' }] } })],
      }),
    ]);
    const user = userOf({ roles: ['employee'] });
    const enabled = (context?: EvaluationContext): boolean =>
      evaluate(snapshot, 'tools', user, undefined, context, NOW).enabled;
    expect([enabled(), enabled({ roles: ['manager'] }), enabled(), enabled({})]).toEqual([false, true, false, false]);
  });

  it('follows a change of the organization alone', () => {
    const snapshot = snapshotOf([flagOf('insights')]);
    const user = userOf({ organizationId: 'acme' });
    const before = unknownOrganization('acme');
    const after = { ...before, revision: 1, access: [rowOf('insights', { organizationId: 'acme' })] };
    const enabled = (acme: OrganizationState): boolean =>
      evaluate(snapshot, 'insights', user, acme, undefined, NOW).enabled;
    expect([enabled(before), enabled(after), enabled(before)]).toEqual([false, true, false]);
  });

  it('lets a context override nothing that the ledger holds', () => {
    const snapshot = snapshotOf([flagOf('tools', { rules: [ruleOf('r', { policy: 'LATCHING', rolloutPer100k: 0 })] })]);
    const entry = { flagId: 'flg_tools', ruleId: 'r', ruleVersion: 1, kind: 'unlocked', earnedAt: NOW } as const;
    const user = userOf({ ledger: foldLedger([entry]) });
    const context = { attributes: JSON.parse('{"ledger": [], "__proto__": {"ledger": 1}}') as JsonObject };
    expect(evaluate(snapshot, 'tools', user, undefined, context, NOW).reason).toBe('UNLOCKED');
  });
});

import { afterAll, beforeAll, expect, it } from '@jest/globals';
import fc from 'fast-check';
import fastify, { type FastifyInstance } from 'fastify';
import { TOLD_REASONS } from '../../core/deciding/decision.js';
import { flagOf, snapshotAfter, snapshotOf } from '../../core/testing/samples.js';
import type { JsonValue } from '../../core/values/json.js';
import type { Listed } from '../../services/evaluating/listed-flags.js';
import { UserFlagsSchema } from '../routes/list-user-flags.js';
import { rfc3339 } from './flag-json.js';
import { usageJson } from './usage-json.js';
import { ALL_FLAGS, FLAGS_ON } from './user-flags-json.js';

const KEYS = ['a', 'constructor', 'z'] as const;
const VARIANTS = ['on', 'off', '__proto__'] as const;

const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('"', '\\', '\ud800', ' ', 'x'.repeat(5_000)));
const values = fc.tuple(...VARIANTS.map(() => fc.oneof(text, fc.jsonValue(), fc.constant('y'.repeat(5_000)))));
const flags = fc.tuple(
  ...KEYS.map((key) =>
    fc.tuple(text, values).map(([name, given]) =>
      flagOf(key, {
        name,
        variants: VARIANTS.map((variant, i) => ({ key: variant, value: given[i] as JsonValue })),
      }),
    ),
  ),
);
const outcome = fc.record({
  enabled: fc.boolean(),
  reason: fc.constantFrom(...TOLD_REASONS),
  variant: fc.constantFrom(...VARIANTS),
  validUntil: fc.option(fc.integer({ min: 0, max: 253_402_300_799_999 }), { nil: undefined }),
  usage: fc.option(
    fc.record(
      {
        remaining: fc.double({ min: 0, noNaN: true }),
        limit: fc.nat(),
        resetsAt: fc.integer({ min: 0, max: 253_402_300_799_999 }),
      },
      { requiredKeys: ['remaining', 'limit'] },
    ),
    { nil: undefined },
  ),
  stale: fc.integer({ min: 0, max: 5 }).map((n) => n === 0),
});

let app: FastifyInstance;
let given: object;
beforeAll(() => {
  app = fastify();
  app.get('/', { schema: { response: { 200: UserFlagsSchema } } }, () => given);
});
afterAll(() => app.close());

/** The list as the server puts an answer into JSON by its schema. */
async function plain({ snapshot, evaluated }: Listed, all: boolean): Promise<string> {
  const shown = evaluated.filter(({ decision }) => all || decision.enabled);
  const rows = shown.map(({ decision: { flagKey, enabled, variant, value, reason, validUntil, usage } }) => ({
    ...{ key: flagKey, name: snapshot.flags.get(flagKey)!.flag.name, enabled, variant, value, reason },
    ...(validUntil === undefined ? {} : { valid_until: rfc3339(validUntil) }),
    ...(usage === undefined ? {} : { usage: usageJson(usage) }),
  }));
  given = shown.some(({ stale }) => stale) ? { flags: rows, stale: true } : { flags: rows };
  return (await app.inject('/')).body;
}

it('reads byte by byte like the answer put into JSON by its schema, whatever was put together before; its tag is its own', async () => {
  const tags = new Map<string, string>();
  await fc.assert(
    fc.asyncProperty(
      flags,
      flags,
      fc.array(fc.tuple(fc.tuple(outcome, outcome, outcome), fc.boolean(), fc.boolean()), { minLength: 1 }),
      async (before, after, lists) => {
        const first = snapshotOf(before);
        // One flag stays what it was, so that the second snapshot takes over what was compiled of it.
        const second = snapshotAfter(first, [before[0]!, ...after.slice(1).map((flag) => ({ ...flag, version: 2 }))]);
        for (const [outcomes, all, later] of lists) {
          const snapshot = later ? second : first;
          const evaluated = outcomes.map(({ stale, enabled, reason: any, ...rest }, i) => {
            const { flag } = snapshot.flags.get(KEYS[i]!)!;
            // Whether a decision is on is in its reason.
            const reason = enabled ? (['GLOBAL', 'RULE'] as const)[any.length % 2]! : 'DEFAULT';
            const { value } = flag.variants.find(({ key }) => key === rest.variant)!;
            return {
              decision: { flagKey: flag.key, enabled, reason, value, ruleId: '', flagVersion: 1, ...rest },
              stale,
            };
          });
          const list = { snapshot, evaluated } as Listed;
          const { text, etag } = (all ? ALL_FLAGS : FLAGS_ON).tell(list);
          expect(text).toBe(await plain(list, all));
          expect([tags.get(text) ?? etag, tags.get(etag) ?? text]).toEqual([etag, text]);
          tags.set(text, etag).set(etag, text);
        }
      },
    ),
  );
});

it('counts what it takes in memory that no other list has: long texts, and those that time bounds', () => {
  const long = 'y'.repeat(5_000);
  const snapshot = snapshotOf(KEYS.map((key) => flagOf(key)));
  const bytesOf = (value: JsonValue, validUntil?: number): number => {
    const evaluated = KEYS.map((flagKey) => ({
      decision: {
        ...{ flagKey, enabled: true, reason: 'GLOBAL', variant: 'on', value, ruleId: '', flagVersion: 1 },
        ...(validUntil !== undefined && { validUntil }),
      },
      stale: false,
    }));
    return FLAGS_ON.tell({ snapshot, evaluated } as Listed).bytes;
  };
  expect(bytesOf(long)).toBeGreaterThan(KEYS.length * long.length);
  expect(bytesOf('short')).toBeLessThan(500);
  expect(bytesOf('short', 1)).toBeGreaterThan(500);
});

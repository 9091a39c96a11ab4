import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { until } from '../../../test/timing.js';
import type { Flag, Stage } from '../../core/flags/flag.js';
import { compileSnapshot } from '../../core/snapshot/compiling/compile-snapshot.js';
import type { Snapshot } from '../../core/snapshot/snapshot.js';
import {
  configurationOf,
  flagOf,
  NOW,
  ruleOf,
  segmentOf,
  snapshotAfter,
  snapshotOf,
  VERIFIED,
} from '../../core/testing/samples.js';
import { DAY_MS } from '../../core/values/time/time.js';
import { COUNTED, TARGETS_TOLD } from './attention.js';
import { flagOverview } from './flag-attention.js';
import { FlagReview, type Reviewed } from './flag-review.js';
import { askedInAll, UnknownKeys } from './unknown-keys.js';

const attentionOf = (snapshot: Snapshot, more: Partial<Parameters<typeof flagOverview>[0]> = {}) =>
  flagOverview({ snapshot, now: NOW, asked: [], found: [], ...more }).attention;

describe('flags that need somebody', () => {
  it('are those whose window has ended, and those that nobody has changed since everyone has them', () => {
    const old = { isEnabledGlobally: true, updatedAt: NOW - 30 * DAY_MS };
    const snapshot = snapshotOf([
      flagOf('ended', { endsAt: NOW - 1 }),
      flagOf('ended-long-ago', { endsAt: NOW - DAY_MS }),
      flagOf('ends', { endsAt: NOW + 1 }),
      flagOf('ended-and-off', { endsAt: NOW - 1, active: false }),
      flagOf('ended-and-archived', { endsAt: NOW - 1, archived: true }),
      flagOf('settled', old),
      flagOf('changed', { ...old, updatedAt: NOW - 30 * DAY_MS + 1 }),
      flagOf('archived', { ...old, archived: true }),
      flagOf('not-for-everyone', { ...old, isEnabledGlobally: false, rules: [ruleOf('a', { conditions: VERIFIED })] }),
    ]);
    expect(attentionOf(snapshot)).toEqual([
      {
        kind: 'FLAGS_ENDED',
        sentence: 'the windows of 2 flags have ended: ended-long-ago, ended',
        ...{ count: 2, since: NOW - DAY_MS },
        targets: [
          { kind: 'flag', id: 'ended-long-ago', note: '', since: NOW - DAY_MS },
          { kind: 'flag', id: 'ended', note: '', since: NOW - 1 },
        ],
      },
      {
        kind: 'FLAGS_FOR_EVERYONE',
        sentence: '1 flag is on for everyone, and has not changed for 30 days: settled',
        ...{ count: 1, since: NOW - 30 * DAY_MS },
        targets: [{ kind: 'flag', id: 'settled', note: '', since: NOW - 30 * DAY_MS }],
      },
    ]);
  });

  it('are few in what is told, however many there are', () => {
    const many = Array.from({ length: COUNTED + 5 }, (_, i) => flagOf(`flag-${i}`, { endsAt: NOW - 1 }));
    const [ended] = attentionOf(snapshotOf(many));
    expect(ended).toMatchObject({ count: COUNTED });
    expect(ended!.targets).toHaveLength(TARGETS_TOLD);
    expect(ended!.sentence).toMatch(/^the windows of 1000 flags or more have ended: /);
    expect(ended!.sentence.length).toBeLessThan(200);
  });

  it('are those that could not be compiled, with the reason', () => {
    const moon = { all: [{ fact: 'moonPhase', operator: 'equal', value: 1 }] };
    const [broken] = attentionOf(
      compileSnapshot(configurationOf([flagOf('a', { rules: [ruleOf('r', { conditions: moon })] })])),
    );
    expect(broken).toMatchObject({ kind: 'FLAGS_BROKEN', count: 1 });
    expect(broken!.targets[0]!.note).toContain('moonPhase');
  });

  it('find the nearest of very many keys, the key that begins alike before others', () => {
    const flags = [...Array.from({ length: 3_000 }, (_, i) => flagOf(`a-${i}`)), flagOf('reports')];
    const asked = [{ key: 'reprots', times: 2, firstAt: NOW, lastAt: NOW }];
    const [unknown] = attentionOf(snapshotOf(flags), { asked });
    expect(unknown!.targets[0]!.note).toBe('asked for 2 times; did you mean "reports"?');
  });
});

describe('the review of flags', () => {
  const isDone = ({ done, of }: Reviewed): boolean => done === of;
  const stageIs = (value: string) => ({ all: [{ fact: 'stage', operator: 'equal', value }] });
  const whole = async (review: FlagReview, snapshot: Snapshot) => {
    await until(() => isDone(review.look(snapshot)));
    return review.look(snapshot).found;
  };

  it('finds after any changes what it would find of that configuration at once', async () => {
    const flag = fc.record({
      key: fc.constantFrom('one', 'two', 'three'),
      stage: fc.constantFrom('tour', 'gone'),
      archived: fc.boolean(),
    });
    const change = fc.oneof(
      fc.record({ flags: fc.array(flag, { maxLength: 3 }) }),
      fc.record({ stages: fc.constantFrom(['tour'], ['gone'], []) }),
    );
    let doubted = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 6 }), async (changes) => {
        let snapshot = snapshotOf([]);
        let stages: readonly Stage[] = [];
        const flags = new Map<string, Flag>();
        const review = new FlagReview(() => snapshot);
        for (const one of changes) {
          if ('stages' in one) stages = one.stages.map((name) => ({ name, selfSettable: true }));
          else
            for (const { key, stage, archived } of one.flags)
              flags.set(key, flagOf(key, { archived, rules: [ruleOf(key, { conditions: stageIs(stage) })] }));
          snapshot = snapshotAfter(snapshot, [...flags.values()], { stages });
          const found = await whole(review, snapshot);
          expect(found).toEqual(await whole(new FlagReview(() => snapshot), snapshot));
          doubted += found.length;
        }
      }),
      { numRuns: 300 },
    );
    expect(doubted).toBeGreaterThan(10);
  });

  it('goes on by itself where there are more flags than it looks at in one go', async () => {
    const rules = Array.from({ length: 40 }, (_, i) => ruleOf(`r${i}`, { conditions: stageIs('gone') }));
    const flags = Array.from({ length: 400 }, (_, i) => flagOf(`flag-${i}`, { rules }));
    const stages = [{ name: 'tour', selfSettable: true }];
    const snapshot = snapshotOf(flags, { stages, segments: [segmentOf('s', VERIFIED)] });
    const review = new FlagReview(() => snapshot);
    const first = review.look(snapshot);
    expect([isDone(first), first.of]).toEqual([false, snapshot.flags.size]);
    expect(first.found.length).toBeLessThan(400);
    await until(() => isDone(review.look(snapshot)));
    expect(review.look(snapshot).found).toHaveLength(400);
    expect(review.look(snapshot).found[0]).toMatchObject({
      count: 40,
      first: { pointer: expect.stringMatching(/^.rules.0/) },
    });
  });
});

describe('keys that no flag has', () => {
  it('are told for a day, the most wanted of the last 500 first, and text that can be no key is not', () => {
    let now = 0;
    const keys = new UnknownKeys({ now: () => now });
    keys.note('once');
    now = 10;
    keys.note('twice');
    now = 20;
    keys.note('twice');
    keys.note('no key');
    keys.note('x'.repeat(129));
    expect(keys.report()).toEqual([
      { key: 'twice', times: 2, firstAt: 10, lastAt: 20 },
      { key: 'once', times: 1, firstAt: 0, lastAt: 0 },
    ]);
    now = DAY_MS + 1;
    expect(keys.report().map(({ key }) => key)).toEqual(['twice']);
    for (let i = 0; i < 500; i++) keys.note(`other-${i}`);
    expect(keys.report()).toHaveLength(20);
    expect(keys.report().map(({ key }) => key)).not.toContain('twice');
  });

  it('are added up over servers', () => {
    const at = (times: number, firstAt: number, lastAt: number) => ({ key: 'a', times, firstAt, lastAt });
    const other = { ...at(5, 1, 1), key: 'b' };
    expect(askedInAll([[at(2, 30, 40)], [other, at(4, 20, 35)], []])).toEqual([at(6, 20, 40), other]);
  });
});

import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { BatchEvaluateResponse, type Consistency, Reason } from '../../../../test/gen/latchkey/v1/evaluation.js';
import { FeatureFlag_Type } from '../../../../test/gen/latchkey/v1/flag.js';
import type { Call } from '../../../calls/caller.js';
import { notFound } from '../../../calls/errors.js';
import { type DoorStand, failureOf, openDoorStand } from '../../../grpc/testing/door-stand.js';
import type { TargetDecisions } from '../../../services/evaluating/decide-targets.js';
import type { Evaluated } from '../../../services/evaluating/target-views.js';
import { decisionMessage } from '../../messages/decision-message.js';
import { encodeResults } from './batch-evaluate.js';

const call: Call = {
  caller: { kind: 'machine', tokenId: 't', scopes: new Set(['evaluate']), organizationId: '' },
  requestId: 'r',
};

const evaluated = (i: number): Evaluated => ({
  decision: {
    flagKey: `flag-${i}`,
    enabled: i % 2 === 0,
    reason: i % 3 === 0 ? 'RULE' : 'DEFAULT',
    variant: 'on',
    value: i % 5 === 0 ? { list: [i, null, 'é'] } : i % 2 === 0,
    ruleId: i % 3 === 0 ? 'rul_0123456789abcdef0123456789abcdef' : '',
    flagVersion: i,
    ...(i % 7 === 0 ? { validUntil: 1_700_000_000_000 + i } : {}),
  },
  stale: i % 11 === 0,
});

const target = (userId: string, count: number): TargetDecisions => ({
  userId,
  decisions: Array.from({ length: count }, (_, i) => evaluated(i)),
  tallies: [],
});

const refused: TargetDecisions = { ...target('', 0), refusal: notFound('no user ""') };

/** As the generated code encodes it. */
function encodedAtOnce(results: readonly TargetDecisions[]): Uint8Array {
  return BatchEvaluateResponse.encode({
    results: results.map(({ userId, decisions, refusal }, index) => ({
      userId,
      decisions: decisions.map(decisionMessage),
      error: refusal && { code: 5, message: refusal.message, index },
    })),
  }).finish();
}

describe('an answer encoded in slices', () => {
  it.each([
    ['nothing', []],
    ['nobody without decisions', [target('', 0)]],
    ['a few for each', [target('a', 3), target('', 1), target('b', 0), target('é', 200)]],
    ['some refused', [{ ...target('a', 0), refusal: notFound('no user "a"') }, target('b', 1), refused]],
    ['very many for one', [target('one', 30_000)]],
    ['one for very many', Array.from({ length: 5_000 }, (_, i) => target(`u${i}`, 1))],
  ])('is byte for byte what the generated encoder makes: %s', async (_what, results) => {
    const { bytes } = await encodeResults(call, results);
    expect(bytes.equals(encodedAtOnce(results))).toBe(true);
  });

  it('stops when nobody waits for it any more', async () => {
    const abort = new AbortController();
    abort.abort();
    const encoding = encodeResults({ ...call, signal: abort.signal }, [target('one', 50_000)]);
    await expect(encoding).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });

  it.each([
    ['very many for one', [target('one', 50_000)]],
    ['one for very many', Array.from({ length: 50_000 }, (_, i) => target(`u${i}`, 1))],
  ])('gives way all the time: %s', async (_what, results) => {
    let turns = 0;
    const turn = () => {
      turns++;
      next = setImmediate(turn);
    };
    let next = setImmediate(turn);
    const startedAt = performance.now();
    await encodeResults(call, results);
    clearImmediate(next);
    // One for each 5 ms and a bit, or fewer where the machine is busy; in one piece there is none.
    expect(turns).toBeGreaterThan(Math.min(5, (performance.now() - startedAt) / 20));
  });
});

describe('a batch', () => {
  let stand: DoorStand;

  beforeAll(async () => {
    stand = await openDoorStand();
    await stand.admin.setFlag({ flag: { key: 'open', isEnabledGlobally: true } });
  });

  afterAll(async () => {
    await stand.close();
  });

  it('answers for each context and each flag by itself', async () => {
    await stand.admin.identify({ userId: 'ours', organizationId: 'acme' });
    await stand.admin.identify({ userId: 'theirs', organizationId: 'globex' });
    const bound = await stand.admin.createToken({ name: 'b', scopes: ['evaluate'], organizationId: 'acme' });
    const contexts = [
      { userId: 'ours' },
      { userId: 'bad\u0000' },
      { userId: 'theirs' },
      { userId: 'ours', organizationId: 'globex' },
      { userId: 'ours', roles: [' boss'] },
      {},
    ];
    const { results } = await stand
      .as(bound.secret)
      .batchEvaluate({ contexts, flagKeys: ['open', 'no flag', 'o'.repeat(200)] });
    const decisions = [
      { flagKey: 'open', enabled: true },
      { flagKey: 'no flag', enabled: false, reason: Reason.REASON_FLAG_NOT_FOUND },
      { flagKey: 'o'.repeat(128), enabled: false, reason: Reason.REASON_FLAG_NOT_FOUND },
    ];
    const refused = (index: number, code: status, words: string) => ({
      userId: contexts[index]!.userId,
      decisions: [],
      error: { code, message: expect.stringContaining(words), index },
    });
    expect(results).toMatchObject([
      { userId: 'ours', decisions, error: undefined },
      refused(1, status.INVALID_ARGUMENT, 'bad'),
      refused(2, status.NOT_FOUND, 'no user "theirs"'),
      refused(3, status.NOT_FOUND, 'no organization "globex"'),
      refused(4, status.INVALID_ARGUMENT, '" boss"'),
      { userId: '', decisions, error: undefined },
    ]);
  });

  it('fails as a whole where the call itself is wrong', async () => {
    const contexts = [{ userId: 'ours' }, { userId: 'bad\u0000' }];
    for (const wrong of [{ consistencyToken: 'made up' }, { consistency: 99 as Consistency }]) {
      expect(await failureOf(stand.admin.batchEvaluate({ contexts, ...wrong }))).toMatchObject({
        code: status.INVALID_ARGUMENT,
      });
    }
  });

  it('has values of some megabytes, however few decisions; a larger one is to be split', async () => {
    const variants = [
      { key: 'on', value: 'x'.repeat(65_534) },
      { key: 'off', value: '' },
    ];
    await stand.admin.setFlag({
      flag: { key: 'large', type: FeatureFlag_Type.STRING, isEnabledGlobally: true, variants },
    });
    const contexts = (count: number) => Array.from({ length: count }, (_, i) => ({ userId: `u${i}` }));
    const ask = (count: number) => stand.admin.batchEvaluate({ contexts: contexts(count), flagKeys: ['large'] });
    expect(await failureOf(ask(1_500))).toMatchObject({
      code: status.RESOURCE_EXHAUSTED,
      details: expect.stringContaining('take more than 16 MiB; split the call'),
    });
    expect((await ask(256)).results).toHaveLength(256);
  });

  it('has a hundred thousand decisions, others being answered meanwhile, and not one more', async () => {
    const contexts = Array.from({ length: 1_000 }, (_, i) => ({ userId: `u${i}` }));
    const flagKeys = Array<string>(100).fill('open');
    const batch = stand.admin.batchEvaluate({ contexts, flagKeys });
    let between = 0;
    const counting = (async () => {
      for (;;) {
        const ended = await Promise.race([batch.then(() => true), stand.admin.evaluate({ flagKey: 'open' })]);
        if (ended === true) return;
        between++;
      }
    })();
    const { results } = await batch;
    await counting;
    expect(results.reduce((sum, { decisions }) => sum + decisions.length, 0)).toBe(100_000);
    expect(results.at(-1)).toMatchObject({ userId: 'u999' });
    expect(results.every(({ decisions }) => decisions.every(({ enabled }) => enabled))).toBe(true);
    expect(between).toBeGreaterThan(5);

    const tooMany = { contexts: [...contexts, { userId: 'one more' }], flagKeys };
    expect(await failureOf(stand.admin.batchEvaluate(tooMany))).toMatchObject({
      code: status.RESOURCE_EXHAUSTED,
      details: expect.stringContaining('at most 100000: split it'),
    });
  });
});

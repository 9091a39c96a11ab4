import { type ClientDuplexStream, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import {
  EvaluateStreamRequest,
  type EvaluateStreamResponse,
} from '../../../../test/gen/latchkey/v1/evaluate_stream.js';
import type { DeepPartial } from '../../../../test/gen/latchkey/v1/evaluation.js';
import { Consistency, Reason } from '../../../../test/gen/latchkey/v1/evaluation.js';
import type { FeatureServiceClient } from '../../../../test/gen/latchkey/v1/feature_service.js';
import { FeatureFlag_Type } from '../../../../test/gen/latchkey/v1/flag.js';
import { busy, pause, until } from '../../../../test/timing.js';
import { type DoorStand, openDoorStand } from '../../../grpc/testing/door-stand.js';

let stand: DoorStand;
beforeAll(async () => {
  stand = await openDoorStand({ MAX_STREAMS: '5', ROLES: 'grpc,rest,worker' });
  await stand.admin.setFlag({ flag: { key: 'open', isEnabledGlobally: true } });
  const conditions = { all: [{ fact: 'roles', operator: 'contains', value: 'manager' }] };
  await stand.admin.setFlag({ flag: { key: 'managers', rules: [{ conditions }] } });
  await stand.admin.identify({ userId: 'ada', organizationId: 'acme', roles: ['manager'] });
  await stand.admin.identify({ userId: 'max', organizationId: 'other', roles: ['manager'] });
});
afterAll(() => stand.close());

type Call = ClientDuplexStream<EvaluateStreamRequest, EvaluateStreamResponse>;

interface Asking {
  readonly call: Call;
  readonly answers: readonly EvaluateStreamResponse[];
  /** Sends a message; false: the client should wait for `drain`. */
  ask(request: DeepPartial<EvaluateStreamRequest>): boolean;
  /** The answer of this id. */
  answer(id: string): Promise<EvaluateStreamResponse>;
  /** The status that the stream ended with; undefined: OK. */
  readonly ended: Promise<ServiceError | undefined>;
}

const calls: Call[] = [];
afterEach(async () => {
  for (const call of calls.splice(0)) call.cancel();
  await until(() => stand.latchkey.services.readers.size === 0);
});

function open(secret = stand.latchkey.adminSecret, { deadlineMs = 20_000, reads = true, on = stand } = {}): Asking {
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${secret}`);
  const call = (on.client as FeatureServiceClient).evaluateStream(metadata, { deadline: Date.now() + deadlineMs });
  calls.push(call);
  const answers: EvaluateStreamResponse[] = [];
  const ended = new Promise<ServiceError | undefined>((resolve) => {
    call.on('error', resolve).on('end', () => setImmediate(resolve, undefined));
  });
  const take = (answer: EvaluateStreamResponse): void => void answers.push(answer);
  if (reads) call.on('data', take);
  return {
    ...{ call, answers, ended },
    ask: (request) => call.write(EvaluateStreamRequest.fromPartial(request)),
    answer: async (id) => {
      await until(() => answers.some((answer) => answer.id === id));
      return answers.find((answer) => answer.id === id)!;
    },
  };
}

const managers = (userId: string) => ({ flagKey: 'managers', context: { userId } });
const openStreams = (): number => stand.latchkey.services.evaluateStreams.size;

describe('EvaluateStream', () => {
  it('answers each message by its id, results in the order of its requests', async () => {
    const { ask, answer } = open();
    ask({ id: 'one', requests: [managers('eve'), managers('ada'), { flagKey: 'open' }, { flagKey: 'unknown' }] });
    const { results, error } = await answer('one');
    expect(error).toBeUndefined();
    expect(results.map(({ flagKey, enabled, reason }) => [flagKey, enabled, reason])).toEqual([
      ['managers', false, Reason.REASON_DEFAULT],
      ['managers', true, Reason.REASON_RULE],
      ['open', true, Reason.REASON_GLOBAL],
      ['unknown', false, Reason.REASON_FLAG_NOT_FOUND],
    ]);
    // Where the store answers late, an answer may be marked as stale.
    const alone = await stand.admin.evaluate(managers('ada'));
    expect(results[1]).toEqual({ ...alone, stale: results[1]!.stale });
    ask({ id: 'none' });
    expect(await answer('none')).toEqual({ id: 'none', results: [], error: undefined });
  });

  it('takes what a request overrides, its consistency and its token, each by itself', async () => {
    const { ask, answer } = open();
    const { consistencyToken } = await stand.admin.identify({ userId: 'new', roles: ['manager'] });
    ask({
      id: 'x',
      requests: [
        { ...managers('nobody'), context: { userId: 'nobody', roles: ['manager'] } },
        { ...managers('new'), consistencyToken },
        managers('nobody'),
        { ...managers('new'), consistency: Consistency.FULL },
      ],
    });
    const { results } = await answer('x');
    expect(results.map(({ enabled }) => enabled)).toEqual([true, true, false, true]);
  });

  it('tells of what is wrong with a message in its answer, and goes on', async () => {
    const bound = await stand.admin.createToken({ name: 'b', scopes: ['evaluate'], organizationId: 'acme' });
    const { ask, answer, ended, call } = open(bound.secret);
    const cases: readonly [DeepPartial<EvaluateStreamRequest>['requests'], status, string][] = [
      [[{ flagKey: 'open', context: { userId: 'bad\u0000' } }], status.INVALID_ARGUMENT, 'bad'],
      [[{ flagKey: 'open', consistencyToken: 'made up' }], status.INVALID_ARGUMENT, 'consistency_token'],
      [[{ flagKey: 'open', consistency: 99 as Consistency }], status.INVALID_ARGUMENT, '99'],
      [[managers('ada'), managers('max')], status.NOT_FOUND, 'max'],
      [Array.from({ length: 100_001 }, () => ({ flagKey: 'open' })), status.RESOURCE_EXHAUSTED, '100001'],
    ];
    for (const [i, [requests]] of cases.entries()) ask({ id: `${i}`, requests: requests! });
    for (const [i, [, code, words]] of cases.entries()) {
      const answered = await answer(`${i}`);
      expect(answered).toMatchObject({ results: [], error: { code, message: expect.stringContaining(words) } });
    }
    ask({ id: 'good', requests: [managers('ada'), { flagKey: ' nonsense' }] });
    expect(await answer('good')).toMatchObject({
      results: [{ enabled: true }, { flagKey: ' nonsense', reason: Reason.REASON_FLAG_NOT_FOUND }],
      error: undefined,
    });
    call.end();
    expect(await ended).toBeUndefined();
  });

  it('refuses a message whose values take more than a few megabytes, and goes on', async () => {
    const variants = [
      { key: 'on', value: 'x'.repeat(65_000) },
      { key: 'off', value: '' },
    ];
    await stand.admin.setFlag({
      flag: { key: 'large', type: FeatureFlag_Type.STRING, isEnabledGlobally: true, variants },
    });
    const { ask, answer, ended, call } = open();
    const large = (count: number) => Array.from({ length: count }, () => ({ flagKey: 'large' }));
    ask({ id: 'too much', requests: large(65) });
    ask({ id: 'fits', requests: large(10) });
    expect(await answer('too much')).toMatchObject({
      results: [],
      error: {
        code: status.RESOURCE_EXHAUSTED,
        message: expect.stringContaining('take more than 4 MiB; split the message'),
      },
    });
    expect((await answer('fits')).results).toHaveLength(10);
    call.end();
    expect(await ended).toBeUndefined();
  });

  it('answers what it can at once while another message waits for its token', async () => {
    const { ask, answer, answers } = open();
    const epoch = await stand.latchkey.store.epoch();
    const ahead = `v1.${Buffer.from(JSON.stringify({ e: epoch, c: 1_000_000 })).toString('base64url')}`;
    ask({ id: 'waits', requests: [{ flagKey: 'open', consistencyToken: ahead }] });
    ask({ id: 'quick', requests: [{ flagKey: 'open' }] });
    await answer('quick');
    expect(answers.map(({ id }) => id)).toEqual(['quick']);
    expect((await answer('waits')).error?.code).toBe(status.UNAVAILABLE);
  });

  it('answers everything after the half-close, and ends with OK', async () => {
    const { ask, call, answers, ended } = open();
    for (let i = 0; i < 200; i++) ask({ id: `${i}`, requests: [managers(`u${i}`), { flagKey: 'open' }] });
    call.end();
    expect(await ended).toBeUndefined();
    expect(answers.map(({ id }) => Number(id)).toSorted((a, b) => a - b)).toEqual([...Array(200).keys()]);
    const silent = open();
    silent.call.end();
    expect(await silent.ended).toBeUndefined();
  });

  it('ends with INVALID_ARGUMENT after bytes that are no message', async () => {
    const metadata = new Metadata();
    metadata.set('authorization', `Bearer ${stand.latchkey.adminSecret}`);
    const path = '/latchkey.v1.FeatureService/EvaluateStream';
    const raw = (bytes: Buffer): Buffer => bytes;
    const call = stand.client.makeBidiStreamRequest(path, raw, raw, metadata);
    const ended = new Promise((resolve) => {
      call.on('error', resolve);
    });
    call.resume();
    call.write(Buffer.from([0x0a, 0xff, 0xff]));
    expect(await ended).toMatchObject({
      code: status.INVALID_ARGUMENT,
      details: expect.stringContaining('the request is malformed'),
    });
  });

  it('is for whom Evaluate is for', async () => {
    expect((await open('unknown').ended)?.code).toBe(status.UNAUTHENTICATED);
    const track = await stand.admin.createToken({ name: 't', scopes: ['track'] });
    expect((await open(track.secret).ended)?.code).toBe(status.PERMISSION_DENIED);
  });

  it('counts towards the streams that may be open', async () => {
    const five = Array.from({ length: 5 }, () => open());
    for (const { ask, answer } of five) {
      ask({ id: 'x' });
      await answer('x');
    }
    expect(await open().ended).toMatchObject({ code: status.RESOURCE_EXHAUSTED });
    five[0]!.call.end();
    await five[0]!.ended;
    const { ask, answer } = open();
    ask({ id: 'y' });
    await answer('y');
  });

  it('ends with its token, within five seconds of its revocation', async () => {
    const { secret, token } = await stand.admin.createToken({ name: 'short', scopes: ['evaluate'] });
    const { ask, answer, ended } = open(secret);
    ask({ id: 'x', requests: [{ flagKey: 'open' }] });
    await answer('x');
    await stand.admin.revokeToken({ id: token!.id });
    const revoked = performance.now();
    expect((await ended)?.code).toBe(status.UNAUTHENTICATED);
    expect(performance.now() - revoked).toBeLessThan(busy(5_000));
  }, 60_000);

  it('lets go of everything when the client cancels, or its deadline passes', async () => {
    const { ask, call, answer } = open();
    ask({ id: 'x', requests: [{ flagKey: 'open' }] });
    await answer('x');
    expect(openStreams()).toBe(1);
    const metrics = await (await fetch(`http://${stand.latchkey.httpAddress}/metrics`)).text();
    expect(metrics).toContain('latchkey_open_streams{kind="evaluate"} 1\n');
    const epoch = await stand.latchkey.store.epoch();
    const ahead = `v1.${Buffer.from(JSON.stringify({ e: epoch, c: 1_000_000 })).toString('base64url')}`;
    ask({ id: 'waits', requests: [{ flagKey: 'open', consistencyToken: ahead }] });
    call.cancel();
    await until(() => openStreams() === 0);
    expect((await open(undefined, { deadlineMs: 200 }).ended)?.code).toBe(status.DEADLINE_EXCEEDED);
    await until(() => openStreams() === 0);
  });

  it('takes no more from a client that reads nothing, and answers it all once it reads', async () => {
    const { call, ask, ended } = open(undefined, { reads: false, deadlineMs: busy(20_000) });
    // Before its first read a client of grpc-js takes in whatever comes.
    ask({ id: 'first' });
    await new Promise((resolve) => call.once('data', resolve));
    call.pause();
    const requests = Array.from({ length: 5_000 }, (_, i) => managers(`user-${i}`));
    let sent = 0;
    let taken = true;
    // A client that heeds its own buffer stops once neither the server nor the network takes more.
    for (let quiet = 0; quiet < 100; ) {
      if (taken) {
        taken = ask({ id: `${sent++}`, requests });
        call.once('drain', () => {
          taken = true;
        });
        quiet = 0;
      } else quiet++;
      await pause(5);
      if (sent > 400) throw new Error('the server takes everything from a client that reads nothing');
    }
    const others = open();
    others.ask({ id: 'x', requests: [{ flagKey: 'open' }] });
    await others.answer('x');
    let answered = 0;
    call.on('data', ({ results }: EvaluateStreamResponse) => {
      expect(results).toHaveLength(5_000);
      answered++;
    });
    call.resume();
    call.end();
    expect(await ended).toBeUndefined();
    expect(answered).toBe(sent);
  }, 120_000);

  it('refuses an id that is too long in an answer that does not give it back, and goes on', async () => {
    const { ask, answers, answer } = open();
    ask({ id: 'x'.repeat(256), requests: [{ flagKey: 'open' }] });
    ask({ id: 'y'.repeat(255), requests: [{ flagKey: 'open' }] });
    expect(await answer('')).toEqual({
      ...{ id: '', results: [] },
      error: { code: status.INVALID_ARGUMENT, message: expect.stringMatching(/255 characters, and this one has 256/) },
    });
    expect(await answer('y'.repeat(255))).toMatchObject({ results: [{ enabled: true }] });
    expect(answers).toHaveLength(2);
  });

  it('takes no more than a few megabytes at a time, however few decisions they ask for', async () => {
    const { ask, ended, call, answers } = open();
    const epoch = await stand.latchkey.store.epoch();
    const ahead = `v1.${Buffer.from(JSON.stringify({ e: epoch, c: 1_000_000 })).toString('base64url')}`;
    const attributes = { text: 'x'.repeat(1_500_000) };
    const before = Date.now();
    for (let i = 0; i < 4; i++)
      ask({ id: `${i}`, requests: [{ flagKey: 'open', context: { attributes }, consistencyToken: ahead }] });
    ask({ id: 'quick', requests: [{ flagKey: 'open' }] });
    call.end();
    expect(await ended).toBeUndefined();
    // Three fill the stream until they are answered: what comes behind waits, though it could be answered at once.
    expect(answers[0]?.id).not.toBe('quick');
    expect(new Set(answers.map(({ id }) => id))).toEqual(new Set(['0', '1', '2', '3', 'quick']));
    expect(Date.now() - before).toBeLessThan(20_000);
  }, 60_000);

  it('answers what it has taken when the server stops, and ends with UNAVAILABLE', async () => {
    const other = await openDoorStand();
    const { ask, answer, ended } = open(other.latchkey.adminSecret, { on: other });
    ask({ id: 'x' });
    await answer('x');
    const epoch = await other.latchkey.store.epoch();
    const ahead = `v1.${Buffer.from(JSON.stringify({ e: epoch, c: 1_000_000 })).toString('base64url')}`;
    ask({ id: 'waits', requests: [{ flagKey: 'open', consistencyToken: ahead }] });
    await pause(100);
    const stopping = other.latchkey.server.stop(10_000);
    expect((await answer('waits')).error?.code).toBe(status.UNAVAILABLE);
    expect((await ended)?.code).toBe(status.UNAVAILABLE);
    await stopping;
    await other.close();
  }, 60_000);
});

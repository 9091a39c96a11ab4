import { Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { EvaluateStreamRequest, type EvaluateStreamResponse } from '../../test/gen/latchkey/v1/evaluate_stream.js';
import type { FeatureServiceClient } from '../../test/gen/latchkey/v1/feature_service.js';
import { WatchRequest } from '../../test/gen/latchkey/v1/watch.js';
import { until } from '../../test/timing.js';
import { detailsOf } from './testing/details-of.js';
import { type DoorStand, failureOf, openDoorStand } from './testing/door-stand.js';

const CALLS = 10;

let stand: DoorStand;
beforeAll(async () => {
  stand = await openDoorStand({ GRPC_CALLS_PER_MINUTE: String(CALLS), MAX_STREAMS_PER_TOKEN: '2' });
});
afterAll(() => stand.close());

/** A token of its own for each test, made without a call. */
async function token(): Promise<string> {
  const { services, operator } = stand.latchkey;
  const input = { name: 't', scopes: ['evaluate'], organizationId: '', expiresAt: undefined };
  return (await services.tokens.create(operator, input)).secret;
}

function metadataOf(secret: string): Metadata {
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${secret}`);
  return metadata;
}

const client = (): FeatureServiceClient => stand.client as FeatureServiceClient;

/** Opens a Watch, and gives what it ended with, or `open` once it has begun. */
function watch(secret: string, userId = ''): Promise<ServiceError | 'open'> {
  const call = client().watch(WatchRequest.fromPartial({ userId }), metadataOf(secret));
  return new Promise((resolve) => {
    call.on('error', resolve).once('data', () => resolve('open'));
  });
}

const exhausted = {
  code: status.RESOURCE_EXHAUSTED,
  details: expect.stringContaining(`at most ${CALLS} calls a minute`),
};

describe('a token’s calls', () => {
  it('beyond its limit are RESOURCE_EXHAUSTED, and told when to try again; others’ are not', async () => {
    const [one, other] = [await token(), await token()];
    for (let i = 0; i < CALLS; i++) await stand.as(one).evaluate({ flagKey: 'x' });
    const error = await failureOf(stand.as(one).evaluate({ flagKey: 'x' }));
    expect(error).toMatchObject(exhausted);
    const { seconds, nanos } = detailsOf(error)['google.rpc.RetryInfo']!.retryDelay!;
    expect(Number(seconds) + nanos / 1e9).toBeGreaterThan(0);
    expect(Number(seconds) + nanos / 1e9).toBeLessThanOrEqual(60 / CALLS);
    expect(await watch(one)).toMatchObject(exhausted);
    await stand.as(other).evaluate({ flagKey: 'x' });
  });

  it('end a stream with as many messages once those that were taken are answered', async () => {
    const call = client().evaluateStream(metadataOf(await token()));
    const answered: string[] = [];
    call.on('data', ({ id }: EvaluateStreamResponse) => void answered.push(id));
    const ended = new Promise((resolve) => call.on('error', resolve));
    for (let i = 0; i < 2 * CALLS; i++) call.write(EvaluateStreamRequest.fromPartial({ id: `${i}` }));
    expect(await ended).toMatchObject(exhausted);
    // Opening the stream was a call as well.
    expect(answered).toHaveLength(CALLS - 1);
  });

  it('open a bounded number of streams at once, beside those of users', async () => {
    const [one, other] = [await token(), await token()];
    expect([await watch(one), await watch(one)]).toEqual(['open', 'open']);
    const full = { code: status.RESOURCE_EXHAUSTED, details: expect.stringContaining('2 streams of this token') };
    expect(await watch(one)).toMatchObject(full);
    const asking = client().evaluateStream(metadataOf(one));
    expect(await new Promise((resolve) => asking.on('error', resolve))).toMatchObject(full);
    for (const userId of ['ada', 'bo', 'cy']) expect(await watch(one, userId)).toBe('open');
    expect(await watch(other)).toBe('open');
  });

  it('make room again when a stream ends', async () => {
    const secret = await token();
    const calls = [1, 2].map(() => client().watch(WatchRequest.fromPartial({}), metadataOf(secret)));
    for (const call of calls) call.on('error', () => undefined);
    await Promise.all(calls.map((call) => new Promise((resolve) => call.once('data', resolve))));
    expect(await watch(secret)).toMatchObject({ code: status.RESOURCE_EXHAUSTED });
    const open = stand.latchkey.services.streams.size;
    calls[0]!.cancel();
    await until(() => stand.latchkey.services.streams.size === open - 1);
    expect(await watch(secret)).toBe('open');
  });
});

import { Code, ConnectError, createClient, type Transport } from '@connectrpc/connect';
import { type UniversalClientFn, universalClientResponseFromFetch } from '@connectrpc/connect/protocol';
import { createTransport } from '@connectrpc/connect/protocol-connect';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { until } from '../../../test/timing.js';
import { AddressRate } from '../../calls/limits/address-rate.js';
import { Service } from '../../flagd/gen/flagd/evaluation/v2/evaluation_pb.js';
import type { EndedRequest } from '../server/observe.js';
import { askOf, noted, type RestStand, startRestStand } from '../testing/rest-stand.js';

const PATH = `/${Service.typeName}`;
const FORMATS = [
  ['JSON', false],
  ['protobuf', true],
] as const;

let stand: RestStand;
let token: string;
beforeAll(async () => {
  stand = await startRestStand();
  token = await stand.machine(['evaluate']);
});
afterAll(() => stand.close());

/** Sends a body whole, as browsers do. */
const byFetch: UniversalClientFn = async ({ url, method, header, body, signal }) => {
  const sent: Uint8Array[] = [];
  for await (const piece of body ?? []) sent.push(piece);
  const options = { method, headers: header, body: Buffer.concat(sent), ...(signal && { signal }) };
  return universalClientResponseFromFetch(await fetch(url, options));
};

/** The protocol’s own client, as applications have it, with the token. */
function transportOf(origin: string, useBinaryFormat: boolean): Transport {
  const limit = 1_000_000;
  return createTransport({
    ...{ baseUrl: origin, useBinaryFormat, httpClient: byFetch },
    ...{ acceptCompression: [], sendCompression: null, compressMinBytes: limit },
    ...{ readMaxBytes: limit, writeMaxBytes: limit },
    interceptors: [
      (next) => (call) => {
        call.header.set('authorization', `Bearer ${token}`);
        return next(call);
      },
    ],
  });
}

async function failureOf(work: Promise<unknown>): Promise<ConnectError> {
  const failure = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (failure instanceof ConnectError) return failure;
  throw new Error(`no failure of Connect's, but ${String(failure)}`);
}

/** The first event of a stream. */
async function firstOf(transport: Transport): Promise<unknown> {
  for await (const event of createClient(Service, transport).eventStream({})) return event;
  return undefined;
}

describe.each(FORMATS)('a client of Connect that speaks %s', (_, isBinary) => {
  it('reads of an RPC that there is not that it is not implemented', async () => {
    const transport = transportOf(`http://${stand.door.address}`, isBinary);
    const unknown = { ...Service.method.resolveBoolean, name: 'ResolveDate' };
    const call = transport.unary(unknown, undefined, undefined, undefined, {});
    const { code, rawMessage } = await failureOf(call);
    expect([code, rawMessage]).toEqual([Code.Unimplemented, expect.stringContaining(`no route POST "${PATH}/Resolve`)]);
  });

  it('reads what was refused before its call was read as any other failure, of streams too', async () => {
    await stand.withDoor({ addresses: new AddressRate(1) }, async (_door, origin) => {
      await askOf(origin, '/none');
      const transport = transportOf(origin, isBinary);
      const calls = [createClient(Service, transport).resolveBoolean({ flagKey: 'x' }), firstOf(transport)];
      for (const call of calls) {
        const { code, rawMessage, metadata } = await failureOf(call);
        expect([code, rawMessage]).toEqual([Code.ResourceExhausted, expect.stringContaining('calls from one address')]);
        expect(Number(metadata.get('retry-after'))).toBeGreaterThan(0);
      }
    });
  });

  it('reads who may not, and that nobody is known, of calls and streams alike', async () => {
    const origin = `http://${stand.door.address}`;
    const before = token;
    for (const [other, expected] of [
      ['latchkey_nobody', Code.Unauthenticated],
      [await stand.machine(['track']), Code.PermissionDenied],
    ] as const) {
      token = other;
      const transport = transportOf(origin, isBinary);
      for (const call of [createClient(Service, transport).resolveBoolean({ flagKey: 'x' }), firstOf(transport)])
        expect((await failureOf(call)).code).toBe(expected);
    }
    token = before;
  });
});

describe('what HTTP itself refuses below the services', () => {
  const json = { 'content-type': 'application/json' };

  it.each([
    ['a method', `${PATH}/ResolveBoolean`, { method: 'GET', raw: undefined, headers: json }, 405, 'unimplemented'],
    [
      'an RPC that there is not',
      `${PATH}/None`,
      { method: 'POST', raw: '{"flagKey":', headers: json },
      404,
      'unimplemented',
    ],
    [
      'a media type',
      `${PATH}/ResolveBoolean`,
      { method: 'POST', raw: '{}', headers: { 'content-type': 'text/plain' } },
      415,
      'invalid_argument',
    ],
    [
      'the media type of a stream for a call',
      `${PATH}/ResolveBoolean`,
      { method: 'POST', raw: '{}', headers: { 'content-type': 'application/connect+json' } },
      415,
      'invalid_argument',
    ],
    [
      'the media type of a call for a stream',
      `${PATH}/EventStream`,
      { method: 'POST', raw: '{}', headers: json },
      415,
      'invalid_argument',
    ],
    ['a path that is none', `${PATH}/%ff`, { method: 'POST', raw: '{}', headers: json }, 400, 'invalid_argument'],
    [
      'a query that is too long',
      `${PATH}/ResolveBoolean?${'x'.repeat(20_000)}`,
      { method: 'POST', raw: '{}', headers: json },
      414,
      'resource_exhausted',
    ],
  ])('%s is told in the form of Connect', async (_, path, { raw, ...how }, status, code) => {
    const answer = await stand.ask(path, { ...how, ...(raw !== undefined && { raw }), token });
    expect([answer.status, answer.json]).toEqual([status, { code, message: expect.stringMatching(/.{10}/) }]);
    expect(answer.headers.get('content-type')).toBe('application/json');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.get('allow')).toBe(status === 405 ? 'POST' : null);
    expect(answer.text.length).toBeLessThan(300);
  });

  it('counts by the door with the status of the failure', async () => {
    const ended: EndedRequest[] = [];
    const observer = { callEnded: (request: EndedRequest) => void ended.push(noted(request)) };
    await stand.withDoor({ observer, addresses: new AddressRate(1) }, async (_, origin) => {
      await askOf(origin, '/none');
      const opened = await askOf(origin, `${PATH}/EventStream`, {
        raw: new Uint8Array(5),
        headers: { 'content-type': 'application/connect+proto' },
      });
      expect([opened.status, opened.headers.get('content-type')]).toEqual([200, 'application/connect+proto']);
    });
    expect(ended.at(-1)).toMatchObject({ door: 'connect', status: 429, unexpected: false });
  });

  it.each([
    ['has no message', {}, new Uint8Array(0), 'unimplemented'],
    ['has two messages', {}, new Uint8Array(10), 'unimplemented'],
    ['has bytes that are none', {}, new Uint8Array([0, 0, 0, 0, 2, 255, 255]), 'invalid_argument'],
    ['breaks off', {}, new Uint8Array([0, 0, 0]), 'invalid_argument'],
    ['is packed as nobody knows', { 'connect-content-encoding': 'lzma' }, new Uint8Array(5), 'invalid_argument'],
    ['has a timeout that is none', { 'connect-timeout-ms': 'soon' }, new Uint8Array(5), 'invalid_argument'],
  ])('counts a stream as refused, with why, where what opens it %s', async (_what, more, raw, code) => {
    const ended: EndedRequest[] = [];
    const observer = { callEnded: (request: EndedRequest) => void ended.push(noted(request)) };
    await stand.withDoor({ observer }, async (_door, origin) => {
      const headers = { 'content-type': 'application/connect+proto', ...more };
      const { status, text } = await askOf(origin, `${PATH}/EventStream`, { token, raw, headers });
      expect([status, text]).toEqual([200, expect.stringContaining(`"code":"${code}"`)]);
      await until(() => ended.length > 0);
    });
    expect(ended).toMatchObject([{ door: 'connect', status: 400, unexpected: false, error: expect.any(Error) }]);
  });

  it('ends a stream whose timeout passes with that, and not as one that has told all', async () => {
    const ended: EndedRequest[] = [];
    const observer = { callEnded: (request: EndedRequest) => void ended.push(noted(request)) };
    await stand.withDoor({ observer }, async (_door, origin) => {
      const { text } = await askOf(origin, `${PATH}/EventStream`, {
        token,
        raw: new Uint8Array(5),
        headers: { 'content-type': 'application/connect+proto', 'connect-timeout-ms': '1500' },
      });
      expect(text).toContain('provider_ready');
      expect(text.slice(text.lastIndexOf('{"error"'))).toContain('"code":"deadline_exceeded"');
      await until(() => ended.length > 0);
    });
    expect(ended).toMatchObject([{ door: 'connect', status: 504, unexpected: false }]);
  });
});

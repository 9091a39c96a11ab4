import { once } from 'node:events';
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2';
import { status } from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from '@jest/globals';
import { EvaluateResponse } from '../../../test/gen/latchkey/v1/evaluation.js';
import { pause, until } from '../../../test/timing.js';
import { unauthenticated } from '../../calls/errors.js';
import { startTestServer } from '../testing/test-server.js';
import type { Door, Incoming } from './handler.js';

const PATH = '/latchkey.v1.FeatureService/Evaluate';
const EMPTY = Buffer.alloc(5);
const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** A server that counts how often it asks who calls; `bad` is refused, `later` takes a while. */
async function start(door: Partial<Door<string>> = {}) {
  const asked: string[] = [];
  const authenticate = ({ metadata }: Incoming): string | Promise<string> => {
    const token = String(metadata.get('authorization')[0]);
    asked.push(token);
    if (token.endsWith('bad')) throw unauthenticated('the token is unknown');
    if (token === 'later') return pause(20).then(() => 'later');
    if (token === 'later bad?') return pause(20).then(() => Promise.reject(unauthenticated('the token is unknown')));
    return token;
  };
  const callers: string[] = [];
  const handle = (_: unknown, { caller }: { readonly caller: string }) => {
    callers.push(caller);
    return EvaluateResponse.fromPartial({});
  };
  const { server, ended, address } = await startTestServer({ handle }, { door: { authenticate, ...door } });
  const session = connect(`http://${address}`);
  closers.push(
    () => server.drain(0),
    () => session.destroy(),
  );
  return { asked, callers, ended, session };
}

function open(session: ClientHttp2Session, token: string): ClientHttp2Stream {
  const headers = { ':path': PATH, ':method': 'POST', te: 'trailers', 'content-type': 'application/grpc' };
  return session.request({ ...headers, authorization: token, 'x-request-id': 'a-request' });
}

/** The status of a call, once there is one. */
async function statusOf(stream: ClientHttp2Stream): Promise<number> {
  let told: unknown;
  stream.on('response', (headers) => {
    told ??= headers['grpc-status'];
  });
  stream.on('trailers', (trailers) => {
    told ??= trailers['grpc-status'];
  });
  stream.resume();
  await until(() => told !== undefined);
  return Number(told);
}

describe('a call', () => {
  it.each(['bad', 'later bad?'])(
    'of nobody who is known (%s) is refused while its message is yet to come',
    async (token) => {
      const { session, ended, callers, asked } = await start();
      const stream = open(session, token);
      expect(await statusOf(stream)).toBe(status.UNAUTHENTICATED);
      expect([asked, callers]).toEqual([[token], []]);
      expect(ended).toEqual([
        expect.objectContaining({
          path: PATH,
          code: status.UNAUTHENTICATED,
          requestId: 'a-request',
          caller: undefined,
          unexpected: false,
        }),
      ]);
      expect(ended[0]!.peer).toMatch(/^127\.0\.0\.1:/);
      stream.close();
    },
  );

  it('has no more of its message taken than HTTP/2 lets through, until it is known who makes it', async () => {
    const gate = Promise.withResolvers<string>();
    const { session, callers } = await start({ authenticate: () => gate.promise });
    const stream = open(session, 'good');
    const size = 1024 * 1024;
    const head = Buffer.alloc(5);
    head.writeUInt32BE(size, 1);
    stream.write(Buffer.concat([head, Buffer.alloc(size)]));
    stream.end();
    await pause(100);
    expect(stream.writableLength).toBeGreaterThan(0);
    expect(callers).toEqual([]);
    gate.resolve('known');
    // Zeros are no message, which is told to who is known alone.
    expect(await statusOf(stream)).toBe(status.INVALID_ARGUMENT);
  });

  it.each(['good', 'later'])('of somebody who is known (%s) is asked for once', async (token) => {
    const { session, ended, callers, asked } = await start();
    const stream = open(session, token);
    stream.end(EMPTY);
    expect(await statusOf(stream)).toBe(status.OK);
    expect([asked, callers]).toEqual([[token], [token]]);
    expect(ended).toEqual([expect.objectContaining({ code: status.OK, caller: token })]);
  });

  it('is asked for again where its message comes late, as its token may have been revoked', async () => {
    const { session, asked } = await start();
    const stream = open(session, 'good');
    await until(() => asked.length === 1);
    await pause(1_100);
    stream.end(EMPTY);
    expect(await statusOf(stream)).toBe(status.OK);
    expect(asked).toEqual(['good', 'good']);
  });

  it('that its client takes back while it is asked who makes it is over', async () => {
    const gate = Promise.withResolvers<string>();
    const { session, callers, ended } = await start({ authenticate: () => gate.promise });
    const stream = open(session, 'good');
    stream.write(EMPTY);
    await pause(20);
    stream.close(8);
    await once(stream, 'close');
    await until(() => ended.length > 0);
    expect(ended).toEqual([expect.objectContaining({ path: PATH, code: status.CANCELLED, caller: undefined })]);
    gate.resolve('known');
    const next = open(session, 'good');
    next.end(EMPTY);
    expect(await statusOf(next)).toBe(status.OK);
    expect(callers).toEqual(['known']);
  });
});

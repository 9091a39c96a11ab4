import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type EmbeddedLatchkey, startEmbedded } from '../../src/testing/embedded-latchkey.js';
import { busy, until } from '../timing.js';

/** `FUZZ_RUNS` and `FUZZ_SEED` make a longer run, and the same one again. */
const RUNS = 25 * Number(process.env.FUZZ_RUNS ?? 3);
const SEED = Number(process.env.FUZZ_SEED ?? Date.now() & 0x7fffffff);
const LIMIT_MS = 5_000;
const LARGE = Buffer.alloc(1_200_000);

const STREAM = '/flagd.evaluation.v2.Service/EventStream';
const UNARY = '/flagd.evaluation.v1.Service/ResolveObject';
const [COMPRESSED, END_OF_STREAM] = [1, 2];
/** By which a client is told what it did wrong, or that there is too much of it; `internal` and `unknown` would blame the server. */
const CODES_OF_CLIENTS = ['invalid_argument', 'unimplemented', 'resource_exhausted', 'unauthenticated', 'not_found'];

interface Envelope {
  readonly flags: number;
  /** What its head says, where that is not what comes. */
  readonly length: number | undefined;
  readonly payload: Uint8Array | 'large';
}

interface Sent {
  readonly path: string;
  readonly type: string;
  readonly encoding: string | undefined;
  readonly pieces: readonly Buffer[];
  readonly known: boolean;
}

interface Answer {
  readonly status: number;
  readonly body: Buffer;
  /** Whether the stream went on, so that the client left it. */
  readonly wentOn: boolean;
  /** Whether the server, which had refused, ended the connection before the client had sent all of it. */
  readonly cutOff?: boolean;
}

const payloads = fc.oneof(
  fc.constant(new Uint8Array()),
  fc.constant(Buffer.from('{}')),
  fc.constant(Buffer.from('{"flagKey":"x","context":{"a":1}}')),
  fc.uint8Array({ maxLength: 40 }),
  // More than a message may have.
  fc.constant('large' as const),
);
const lengths = fc.oneof(
  { weight: 4, arbitrary: fc.constant(undefined) },
  fc.constantFrom(0, 1, 5, 1_000, 2 ** 20, 2 ** 31, 0xffffffff),
);
const envelopes: fc.Arbitrary<Envelope> = fc.record({
  flags: fc.constantFrom(0, 0, 0, COMPRESSED, END_OF_STREAM, COMPRESSED | END_OF_STREAM, 4, 0x80, 0xff),
  length: lengths,
  payload: payloads,
});
const calls = fc.record({
  path: fc.constantFrom(STREAM, STREAM, UNARY),
  type: fc.constantFrom('connect+proto', 'connect+json', 'connect+proto', 'connect+json', 'proto', 'json'),
  encoding: fc.constantFrom(undefined, undefined, 'identity', 'gzip', 'br', 'deflate', 'nothing'),
  envelopes: fc.array(envelopes, { maxLength: 3 }),
  /** Where the bytes are split on their way, the head of an envelope included. */
  splits: fc.array(fc.nat({ max: 30 }), { maxLength: 4 }),
  /** How many of the last bytes never come. */
  missing: fc.constantFrom(0, 0, 0, 1, 6),
  known: fc.constantFrom(true, true, true, false),
});

function bytesOf(all: readonly Envelope[]): Buffer {
  return Buffer.concat(
    all.flatMap(({ flags, length, payload: given }) => {
      const payload = given === 'large' ? LARGE : given;
      const head = Buffer.alloc(5);
      head.writeUInt8(flags, 0);
      head.writeUInt32BE(length ?? payload.length, 1);
      return [head, payload];
    }),
  );
}

function piecesOf(bytes: Buffer, splits: readonly number[]): readonly Buffer[] {
  const places = [0, ...splits.filter((place) => place < bytes.length).toSorted((a, b) => a - b), bytes.length];
  return places.slice(1).map((place, i) => bytes.subarray(places[i], place));
}

let latchkey: EmbeddedLatchkey;
const crashes: unknown[] = [];
const onCrash = (error: unknown) => void crashes.push(error);
beforeAll(async () => {
  latchkey = await startEmbedded({ ROLES: 'rest' });
  process.on('uncaughtExceptionMonitor', onCrash);
});
afterAll(async () => {
  process.off('uncaughtExceptionMonitor', onCrash);
  await latchkey.close();
});

/** Sends it piece by piece. A stream that goes on is left after its first event. */
function send({ path, type, encoding, pieces, known }: Sent): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const isStreamed = type.startsWith('connect+');
    const [host, port] = latchkey.httpAddress.split(':');
    const asking = request({ host, port, path, method: 'POST', agent: false });
    asking.setHeader('content-type', `application/${type}`);
    asking.setHeader('authorization', `Bearer ${known ? latchkey.adminSecret : 'latchkey_nobody'}`);
    if (encoding !== undefined)
      asking.setHeader(isStreamed ? 'connect-content-encoding' : 'content-encoding', encoding);
    const limit = setTimeout(() => asking.destroy(new Error('neither an answer nor an end')), busy(LIMIT_MS));
    let answered = false;
    asking.once('error', (error) => {
      clearTimeout(limit);
      const { code } = error as NodeJS.ErrnoException;
      if (answered) return;
      if (code === 'EPIPE' || code === 'ECONNRESET')
        resolve({ status: 0, body: Buffer.alloc(0), wentOn: false, cutOff: true });
      else reject(error);
    });
    asking.once('response', (response) => {
      answered = true;
      let body = Buffer.alloc(0);
      const done = (wentOn: boolean): void => {
        clearTimeout(limit);
        resolve({ status: response.statusCode ?? 0, body, wentOn });
        asking.destroy();
      };
      response.on('data', (chunk: Buffer) => {
        body = Buffer.concat([body, chunk]);
        if (isStreamed && path === STREAM && body.includes('provider_ready')) done(true);
      });
      response.once('end', () => done(false));
      response.once('error', () => done(false));
    });
    void (async () => {
      for (const piece of pieces) {
        asking.write(piece);
        await new Promise((next) => setImmediate(next));
      }
      asking.end();
    })();
  });
}

/** The code by which the call failed; undefined where it did not. Throws for what is no answer of Connect's. */
function codeOf({ status, body, wentOn }: Answer, isStreamed: boolean): string | undefined {
  if (wentOn) return undefined;
  if (!isStreamed || status !== 200) {
    if (status === 200) return undefined;
    return (JSON.parse(body.toString()) as { readonly code: string }).code;
  }
  let rest = body;
  for (;;) {
    const [flags, end] = [rest.readUInt8(0), 5 + rest.readUInt32BE(1)];
    if ((flags & END_OF_STREAM) !== 0) {
      expect(rest.length).toBe(end);
      const told = JSON.parse(rest.subarray(5).toString()) as { readonly error?: { readonly code: string } };
      return told.error?.code;
    }
    rest = rest.subarray(end);
  }
}

async function underWay(): Promise<string> {
  const metrics = await (await fetch(`http://${latchkey.server.opsAddress}/metrics`)).text();
  return metrics
    .split('\n')
    .filter((line) => /^latchkey_(?:requests_in_flight|door_streams)\{door="connect"\} [1-9]/.test(line))
    .join();
}

describe('over Connect', () => {
  it('whatever envelopes are made of, they are answered in its form, and nothing is left of them', async () => {
    const outcomes = new Map<string, number>();
    const property = fc.asyncProperty(calls, async ({ envelopes: sent, splits, missing, ...call }) => {
      const isStreamed = call.type.startsWith('connect+');
      const bytes = bytesOf(sent);
      const whole = bytes.subarray(0, Math.max(0, bytes.length - missing));
      const answer = await send({ ...call, pieces: piecesOf(whole, splits) });
      if (answer.cutOff === true) {
        expect(whole.length).toBeGreaterThan(LARGE.length - 10);
        return;
      }
      const code = codeOf(answer, isStreamed);
      outcomes.set(code ?? 'ok', (outcomes.get(code ?? 'ok') ?? 0) + 1);
      if (code !== undefined) expect(CODES_OF_CLIENTS).toContain(code);
      if (!call.known && answer.status !== 415) expect(code).toBe('unauthenticated');
      expect(answer.status === 501 || answer.status < 500).toBe(true);
    });
    await fc.assert(property, { numRuns: RUNS, seed: SEED });
    expect(outcomes.size).toBeGreaterThan(2);
    await until(async () => (await underWay()) === '');
    expect(crashes).toEqual([]);
  }, 240_000);

  it.each([
    ['a message in one piece', [{ flags: 0 }], undefined, undefined],
    ['a flag that means nothing', [{ flags: 4 }], undefined, undefined],
    ['a compressed message without an encoding', [{ flags: COMPRESSED }], undefined, 'invalid_argument'],
    ['an encoding that there is not', [{ flags: COMPRESSED }], 'nothing', 'invalid_argument'],
    ['what is not gzip, and says so', [{ flags: COMPRESSED }], 'gzip', 'invalid_argument'],
    ['the end before any message', [{ flags: END_OF_STREAM }], undefined, 'unimplemented'],
    ['two messages', [{ flags: 0 }, { flags: 0 }], undefined, 'unimplemented'],
    ['a length beyond what comes', [{ flags: 0, length: 100 }], undefined, 'invalid_argument'],
    ['a length beyond what may come', [{ flags: 0, length: 0xffffffff }], undefined, 'resource_exhausted'],
    ['nothing', [], undefined, 'unimplemented'],
  ])('a stream that is opened by %s is told so', async (_, sent, encoding, expected) => {
    const whole = bytesOf(
      sent.map(({ flags, length }: Partial<Envelope>) => ({ flags: flags!, length, payload: Buffer.from('{}') })),
    );
    for (const splits of [[], [1, 3, 6]]) {
      const answer = await send({
        ...{ path: STREAM, type: 'connect+json', encoding, known: true },
        pieces: piecesOf(whole, splits),
      });
      expect(codeOf(answer, true)).toBe(expected);
    }
  });
});

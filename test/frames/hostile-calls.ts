import { gzipSync } from 'node:zlib';
import fc, { type Arbitrary } from 'fast-check';
import { framed, type WireCall } from './wire-client.js';

/** A way for an RPC to be called wrongly. */
export interface HostileCall extends WireCall {
  readonly what: string;
}

const KIB = 1024;
const NOTHING = Buffer.alloc(0);
const zeros = (length: number) => Buffer.alloc(length);
/** Little that unpacks to more than a message may have. */
const PACKED = gzipSync(zeros(16 * KIB * KIB));

/** Calls of one RPC that break gRPC's own framing, its headers, or how a call goes. */
export function hostileCalls(path: string, token: string): readonly HostileCall[] {
  const good = { ':path': path, authorization: `Bearer ${token}` };
  const call = (what: string, pieces: readonly Uint8Array[], more: Partial<HostileCall> = {}): HostileCall => ({
    ...{ what, headers: good, pieces, ending: 'end' },
    ...more,
  });
  const withHeaders = (what: string, headers: Record<string, string>): HostileCall =>
    call(what, [framed(NOTHING)], { headers: { ...good, ...headers } });
  const empty = framed(NOTHING);
  return [
    call('a length beyond what comes', [framed(zeros(10), { length: 1_000 })]),
    call('a length short of what comes', [framed(zeros(1_000), { length: 10 })]),
    call('the largest length', [framed(zeros(10), { length: 0xffffffff })]),
    call('half a frame’s head', [zeros(3)]),
    call('nothing at all', []),
    call('nothing at all, and silence', [], { ending: 'silence' }),
    call('a beginning, and silence', [framed(zeros(10), { length: 20 })], { ending: 'silence' }),
    call('a beginning, and a reset', [framed(zeros(10), { length: 20 })], { ending: 'reset' }),
    call('a message, and a reset', [empty], { ending: 'reset' }),
    call(
      'a frame byte by byte',
      [...framed(zeros(40))].map((byte) => Buffer.from([byte])),
    ),
    call('a compressed message without an encoding', [framed(zeros(10), { flag: 1 })]),
    call('a flag that there is not', [framed(zeros(10), { flag: 7 })]),
    call('thousands of empty messages at once', [Buffer.concat(Array<Buffer>(2_000).fill(empty))]),
    call('more than a message may have', [framed(zeros(5 * KIB * KIB))]),
    call('two messages', [empty, framed(zeros(4))]),
    ...['gzip', 'deflate', 'br', 'identity', 'x'.repeat(1_000)].map((encoding) =>
      call(`what is not ${encoding.slice(0, 10)} and says so`, [framed(zeros(10), { flag: 1 })], {
        headers: { ...good, 'grpc-encoding': encoding },
      }),
    ),
    call('little that unpacks to much', [framed(PACKED, { flag: 1 })], {
      headers: { ...good, 'grpc-encoding': 'gzip' },
    }),
    withHeaders('another media type', { 'content-type': 'text/html' }),
    withHeaders('a media type that only begins well', { 'content-type': 'application/grpcx' }),
    withHeaders('another method', { ':method': 'GET' }),
    withHeaders('a method that there is not', { ':path': `${path}2` }),
    withHeaders('a service that there is not', { ':path': '/nobody.Service/Call' }),
    withHeaders('no path', { ':path': '/' }),
    withHeaders('a long path', { ':path': `/${'a'.repeat(8 * KIB)}` }),
    ...['1', '-1S', '99999999999H', 'abc', '', '1n'].map((timeout) =>
      withHeaders(`the timeout ${JSON.stringify(timeout)}`, { 'grpc-timeout': timeout }),
    ),
    withHeaders('a token of nobody', { authorization: `Bearer ${'x'.repeat(4 * KIB)}` }),
    withHeaders('no token', { authorization: '' }),
    withHeaders('binary metadata that is none', { 'x-some-bin': '!!!', 'grpc-trace-bin': '%%%' }),
    withHeaders('metadata of markup', { 'x-request-id': '<script>alert(1)</script>', 'user-agent': '\t"><' }),
    withHeaders('much metadata', { 'x-much': 'y'.repeat(50 * KIB) }),
    withHeaders('too much metadata', { 'x-much': 'y'.repeat(200 * KIB) }),
    withHeaders('too many names', Object.fromEntries(Array.from({ length: 400 }, (_, i) => [`x-${i}`, 'y']))),
  ];
}

/** A message of random bytes; and one of fields that could be of a message, since what is no field at all ends early. */
export const messages: Arbitrary<Uint8Array> = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc
    .array(fc.tuple(fc.integer({ min: 1, max: 40 }), fc.uint8Array({ maxLength: 60 })), { maxLength: 8 })
    .map((fields) =>
      Buffer.concat(
        fields.map(([number, bytes]) =>
          Buffer.concat([Buffer.from([((number << 3) & 0x7f) | 2, bytes.length]), bytes]),
        ),
      ),
    ),
  fc
    .array(fc.tuple(fc.integer({ min: 1, max: 15 }), fc.integer({ min: 0, max: 127 })), { maxLength: 8 })
    .map((fields) => Buffer.from(fields.flatMap(([number, value]) => [number << 3, value]))),
);

import { BEGINNING, frame, type RawConnection } from './wire-client.js';

export interface HostileConnection extends RawConnection {
  readonly what: string;
  /** Whether the client takes nothing that it is sent: then the server has to give the connection up while the client keeps it. */
  readonly unread?: boolean;
}

const HEADERS = 1;
const END_HEADERS = 4;
const END_STREAM = 1;

/** The header block of `POST /` on plain HTTP, in HPACK, of the static table alone. */
const BLOCK = Buffer.from([0x83, 0x84, 0x86]);

const number = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};
const many = (count: number, of: (i: number) => Uint8Array): Buffer =>
  Buffer.concat(Array.from({ length: count }, (_, i) => of(i)));
const after = (...frames: readonly Uint8Array[]): Buffer => Buffer.concat([BEGINNING, ...frames]);

/** Connections that break HTTP/2 itself, or what it may be used for. */
export const HOSTILE_CONNECTIONS: ReadonlyArray<HostileConnection> = [
  { what: 'nothing', bytes: Buffer.alloc(0) },
  { what: 'HTTP/1.1', bytes: Buffer.from('GET / HTTP/1.1\r\nhost: a\r\n\r\n'), ends: true },
  { what: 'the beginning of TLS', bytes: Buffer.from('160301020001', 'hex'), ends: true },
  { what: 'half a preface', bytes: BEGINNING.subarray(0, 10) },
  { what: 'another preface', bytes: Buffer.from('PRI * HTTP/3.0\r\n\r\nSM\r\n\r\n'), ends: true },
  { what: 'a frame larger than any may be', bytes: after(frame(0, 0, 1, Buffer.alloc(20_000))), ends: true },
  { what: 'data on no call', bytes: after(frame(0, 0, 0, Buffer.alloc(10))), ends: true },
  { what: 'headers of an even call', bytes: after(frame(HEADERS, END_HEADERS, 2, BLOCK)), ends: true },
  {
    what: 'headers that are no HPACK',
    bytes: after(frame(HEADERS, END_HEADERS, 1, Buffer.alloc(50, 0xff))),
    ends: true,
  },
  { what: 'a window that overflows', bytes: after(frame(8, 0, 0, number(0x7fffffff))), ends: true },
  { what: 'a window of nothing', bytes: after(frame(8, 0, 0, number(0))), ends: true },
  { what: 'a reset of what was not begun', bytes: after(frame(3, 0, 9, number(8))), ends: true },
  { what: 'settings of half a setting', bytes: after(frame(4, 0, 0, Buffer.alloc(3))), ends: true },
  { what: 'a continuation of nothing', bytes: after(frame(9, END_HEADERS, 1, BLOCK)), ends: true },
  { what: 'a push', bytes: after(frame(5, END_HEADERS, 1, number(2))), ends: true },
  {
    what: 'frames of kinds that there are not',
    bytes: after(many(1_000, (i) => frame(100 + (i % 100), 0, 0, Buffer.alloc(8)))),
  },
  {
    what: 'a flood of pings, of which no answer is taken',
    bytes: after(many(200_000, () => frame(6, 0, 0, Buffer.alloc(8)))),
    unread: true,
  },
  {
    what: 'a flood of settings, of which no answer is taken',
    bytes: after(many(200_000, () => frame(4, 0, 0))),
    unread: true,
  },
  {
    what: 'a flood of calls that are reset at once',
    bytes: after(
      many(20_000, (i) => {
        const id = 2 * i + 1;
        return Buffer.concat([frame(HEADERS, END_HEADERS, id, BLOCK), frame(3, 0, id, number(8))]);
      }),
    ),
    ends: true,
  },
  {
    what: 'headers in fragments without end',
    bytes: after(
      frame(HEADERS, 0, 1, BLOCK),
      many(5_000, () => frame(9, 0, 1, Buffer.alloc(4, 0x84))),
    ),
    ends: true,
  },
  {
    what: 'more calls than may be under way',
    bytes: after(many(5_000, (i) => frame(HEADERS, END_HEADERS, 2 * i + 1, BLOCK))),
    ends: true,
  },
  {
    what: 'empty data without end',
    bytes: after(
      frame(HEADERS, END_HEADERS, 1, BLOCK),
      many(50_000, () => frame(0, 0, 1)),
    ),
  },
  {
    what: 'a farewell, and then a call',
    bytes: after(frame(7, 0, 0, Buffer.alloc(8)), frame(HEADERS, END_HEADERS | END_STREAM, 1, BLOCK)),
  },
];

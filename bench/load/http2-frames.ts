/** Frames of HTTP/2 (RFC 9113) and headers by HPACK (RFC 7541), as far as a client needs them that only makes load. */
export const DATA = 0;
export const HEADERS = 1;
export const RST_STREAM = 3;
export const SETTINGS = 4;
export const PING = 6;
export const GOAWAY = 7;
export const WINDOW_UPDATE = 8;

export const END_STREAM = 1;
const END_HEADERS = 4;
export const ACK = 1;

export const FRAME_HEAD = 9;
/** The window that both ends begin with, until it is raised. */
export const FIRST_WINDOW = 65_535;
const WIDEST_WINDOW = 2 ** 31 - 1;

const ENABLE_PUSH = 2;
const INITIAL_WINDOW_SIZE = 4;
const MAX_FRAME_SIZE = 5;
const LARGEST_FRAME = 2 ** 24 - 1;

export function frame(type: number, flags: number, stream: number, payload: Uint8Array = Buffer.alloc(0)): Buffer {
  const bytes = Buffer.alloc(FRAME_HEAD + payload.length);
  bytes.writeUIntBE(payload.length, 0, 3);
  bytes[3] = type;
  bytes[4] = flags;
  bytes.writeUInt32BE(stream, 5);
  bytes.set(payload, FRAME_HEAD);
  return bytes;
}

/** What a client says first: that it takes large frames and will not ask the server to wait. */
export function preface(): Buffer {
  const settings = Buffer.alloc(18);
  for (const [i, [name, value]] of [
    [ENABLE_PUSH, 0],
    [INITIAL_WINDOW_SIZE, WIDEST_WINDOW],
    [MAX_FRAME_SIZE, LARGEST_FRAME],
  ].entries()) {
    settings.writeUInt16BE(name!, i * 6);
    settings.writeUInt32BE(value!, i * 6 + 2);
  }
  return Buffer.concat([
    Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
    frame(SETTINGS, 0, 0, settings),
    windowUpdate(0, WIDEST_WINDOW - FIRST_WINDOW),
  ]);
}

export function windowUpdate(stream: number, bytes: number): Buffer {
  const payload = Buffer.alloc(4);
  payload.writeUInt32BE(bytes);
  return frame(WINDOW_UPDATE, 0, stream, payload);
}

/** Reads the window that a server's settings give each stream; undefined where they do not say. */
export function windowOfSettings(payload: Buffer): number | undefined {
  for (let at = 0; at + 6 <= payload.length; at += 6) {
    if (payload.readUInt16BE(at) === INITIAL_WINDOW_SIZE) return payload.readUInt32BE(at + 2);
  }
  return undefined;
}

// Entries of HPACK's static table.
const AUTHORITY = 1;
const METHOD_POST = 3;
const PATH = 4;
const SCHEME_HTTP = 6;
const AUTHORIZATION = 23;
const CONTENT_TYPE = 31;
/** The newest entry of the dynamic table. */
const NEWEST = 62;

/** The headers of a gRPC call, without a stream's number. */
export interface CallHeaders {
  /** Of the first call on a connection, after which the server knows what all calls have in common. */
  readonly first: Buffer;
  /** Of every later call. */
  readonly later: Buffer;
}

/**
 * A call's HEADERS frame. What is the same in every call is sent once and then named by a number, as every client does; the
 * token is sent in full each time, since a hundred of them do not fit into the table.
 */
export function callHeaders(path: string, authority: string, token: string): CallHeaders {
  const pseudo = [0x80 | METHOD_POST, 0x80 | SCHEME_HTTP];
  const authorization = Buffer.concat([Buffer.from([0x0f, AUTHORIZATION - 15]), text(`Bearer ${token}`)]);
  const first = Buffer.concat([
    Buffer.from(pseudo),
    ...[Buffer.from([0x40 | PATH]), text(path)],
    ...[Buffer.from([0x40 | AUTHORITY]), text(authority)],
    ...[Buffer.from([0x40 | CONTENT_TYPE]), text('application/grpc')],
    ...[Buffer.from([0x40]), text('te'), text('trailers')],
    authorization,
  ]);
  const known = [NEWEST + 3, NEWEST + 2, NEWEST + 1, NEWEST].map((index) => 0x80 | index);
  const later = Buffer.concat([Buffer.from([...pseudo, ...known]), authorization]);
  return { first: frame(HEADERS, END_HEADERS, 0, first), later: frame(HEADERS, END_HEADERS, 0, later) };
}

/** A string as HPACK has it, without Huffman's code: its length in seven bits and more, then its bytes. */
function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  const length: number[] = [];
  if (bytes.length < 127) length.push(bytes.length);
  else {
    length.push(127);
    let rest = bytes.length - 127;
    for (; rest >= 128; rest >>= 7) length.push((rest & 127) | 128);
    length.push(rest);
  }
  return Buffer.concat([Buffer.from(length), bytes]);
}

/** A message as gRPC frames it, in a DATA frame without a stream's number; the last one of its call where `last`. */
export function messageFrame(message: Uint8Array, last: boolean): Buffer {
  const payload = Buffer.alloc(5 + message.length);
  payload.writeUInt32BE(message.length, 1);
  payload.set(message, 5);
  return frame(DATA, last ? END_STREAM : 0, 0, payload);
}

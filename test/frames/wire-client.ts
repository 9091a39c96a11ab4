import { once } from 'node:events';
import { type ClientHttp2Session, connect, type OutgoingHttpHeaders } from 'node:http2';
import { connect as connectSocket, type Socket } from 'node:net';
import { busy } from '../timing.js';

/** One call as it goes over the wire, whatever it is worth. */
export interface WireCall {
  readonly headers: OutgoingHttpHeaders;
  /** The bytes that are sent, in these pieces. */
  readonly pieces: readonly Uint8Array[];
  /** How the client leaves off: it says that it is done, it resets the call, or it says nothing more. */
  readonly ending: 'end' | 'reset' | 'silence';
}

/** How a call came out: its status by the trailers (or the headers, where there is nothing else), or that it was reset or cut off. */
export interface Outcome {
  readonly httpStatus: number | undefined;
  readonly grpcStatus: number | undefined;
  readonly message: string;
  /** HTTP/2's error code, where the server reset the call. */
  readonly reset: number | undefined;
}

/** A message in the frame that gRPC puts it into. */
export function framed(message: Uint8Array, { flag = 0, length = message.length } = {}): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt8(flag, 0);
  head.writeUInt32BE(length, 1);
  return Buffer.concat([head, message]);
}

/** Opens a connection. Errors of it are told by the calls on it. */
export function openSession(address: string): ClientHttp2Session {
  return connect(`http://${address}`, { settings: { enablePush: false } }).on('error', () => undefined);
}

const LIMIT_MS = 5_000;
const GOES_ON_MS = 20;
const SILENCE_MS = 50;

/** Makes a call on a connection, and gives how it ended. Rejects where the server neither answers nor ends it. */
export function makeCall(session: ClientHttp2Session, { headers, pieces, ending }: WireCall): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    let stream: ReturnType<ClientHttp2Session['request']>;
    try {
      stream = session.request({ ':method': 'POST', te: 'trailers', 'content-type': 'application/grpc', ...headers });
    } catch (error) {
      reject(error);
      return;
    }
    const limit = setTimeout(() => {
      reject(new Error(`no answer and no end within ${busy(LIMIT_MS)} ms`));
      stream.close();
    }, busy(LIMIT_MS));
    let answered: { readonly [name: string]: unknown } = {};
    stream.on('response', (head) => {
      answered = { ...answered, ...head };
    });
    // A stream that goes on has answered by its first message.
    stream.once('data', () => void setTimeout(() => stream.close(8), GOES_ON_MS).unref());
    stream.on('trailers', (trailers) => {
      answered = { ...answered, ...trailers };
    });
    stream.on('error', () => undefined);
    stream.on('close', () => {
      clearTimeout(limit);
      const number = (name: string) => (answered[name] === undefined ? undefined : Number(answered[name]));
      resolve({
        httpStatus: number(':status'),
        grpcStatus: number('grpc-status'),
        message: decodeURIComponent(String(answered['grpc-message'] ?? '')),
        reset: stream.rstCode === 0 ? undefined : stream.rstCode,
      });
    });
    for (const piece of pieces) stream.write(piece);
    if (ending === 'end') stream.end();
    if (ending === 'reset') setTimeout(() => stream.close(8), 5);
    if (ending === 'silence') setTimeout(() => stream.close(8), SILENCE_MS);
  });
}

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

/** A frame of HTTP/2, as RFC 9113 has them. */
export function frame(type: number, flags: number, streamId: number, payload: Uint8Array = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(streamId, 5);
  return Buffer.concat([head, payload]);
}

/** A connection's beginning: the preface and empty settings. */
export const BEGINNING = Buffer.concat([PREFACE, frame(4, 0, 0)]);

export interface RawConnection {
  readonly bytes: Uint8Array;
  /** Whether the server has to end the connection; else the client leaves once it has been silent for a while. */
  readonly ends?: boolean;
}

/** Sends these bytes on a connection of their own, and gives all that the server sent until the end. */
export async function sendRaw(address: string, { bytes, ends = false }: RawConnection): Promise<Buffer> {
  const [host, port] = address.split(':');
  const socket = connectSocket(Number(port), host).on('error', () => undefined);
  const answered: Buffer[] = [];
  socket.on('data', (chunk) => answered.push(chunk));
  const closed = once(socket, 'close');
  socket.write(bytes);
  const limit = setTimeout(() => socket.destroy(), ends ? busy(LIMIT_MS) : SILENCE_MS);
  const startedAt = performance.now();
  await closed;
  clearTimeout(limit);
  if (ends && performance.now() - startedAt >= busy(LIMIT_MS)) throw new Error('the server kept the connection open');
  return Buffer.concat(answered);
}

/** Sends these bytes on a connection of their own that takes nothing, and keeps it. */
export function sendUnread(address: string, bytes: Uint8Array): Socket {
  const [host, port] = address.split(':');
  const socket = connectSocket(Number(port), host).on('error', () => undefined);
  socket.write(bytes);
  return socket;
}

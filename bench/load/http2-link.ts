import { connect, type Socket } from 'node:net';
import {
  ACK,
  DATA,
  END_STREAM,
  FIRST_WINDOW,
  FRAME_HEAD,
  frame,
  GOAWAY,
  HEADERS,
  PING,
  preface,
  RST_STREAM,
  SETTINGS,
  WINDOW_UPDATE,
  windowOfSettings,
  windowUpdate,
} from './http2-frames.js';

export interface LinkEvents {
  /** A piece of a stream's answer, which is over with `last`. Headers that begin an answer are not told. */
  data(stream: number, bytes: Buffer, from: number, to: number): void;
  /** A stream has ended. */
  ended(stream: number): void;
  /** All that has arrived has been told. */
  turn(): void;
  failed(error: Error): void;
}

/** How much is received before the server is told that it may send as much again. */
const RENEW_BYTES = 1 << 28;
const OUT_BYTES = 1 << 20;

/**
 * A connection of HTTP/2 as a client that does no more than it must: what it sends was built before, and answers are looked at
 * as far as to see where they end. What is sent is gathered until {@link flush}.
 */
export class Http2Link {
  readonly #socket: Socket;
  readonly #events: LinkEvents;
  #left: Buffer = Buffer.alloc(0);
  readonly #out = Buffer.allocUnsafe(OUT_BYTES);
  #outLength = 0;
  #window = FIRST_WINDOW;
  #received = 0;
  #closed: boolean = false;
  /** The window that each new stream has. */
  streamWindow = FIRST_WINDOW;
  /** How much each open stream may still send, for streams on which much is sent. */
  readonly windows = new Map<number, number>();

  private constructor(socket: Socket, events: LinkEvents) {
    this.#socket = socket;
    this.#events = events;
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => this.#fail(new Error('the server closed the connection')));
    socket.write(preface());
  }

  static open(address: string, events: LinkEvents): Promise<Http2Link> {
    const at = address.lastIndexOf(':');
    return new Promise((resolve, reject) => {
      const socket = connect({ host: address.slice(0, at), port: Number(address.slice(at + 1)), noDelay: true });
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.removeListener('error', reject);
        resolve(new Http2Link(socket, events));
      });
    });
  }

  /** How many bytes of DATA may be sent. */
  get window(): number {
    return this.#window;
  }

  /** Adds a frame that was built before, under the number of a stream. */
  send(built: Buffer, stream: number): void {
    if (this.#outLength + built.length > OUT_BYTES) this.flush();
    const at = this.#outLength;
    built.copy(this.#out, at);
    this.#out.writeUInt32BE(stream, at + 5);
    this.#outLength += built.length;
    if (built[3] === DATA) this.#window -= built.length - FRAME_HEAD;
  }

  /** Hands on what was gathered. */
  flush(): void {
    if (this.#outLength === 0) return;
    // A copy, since the socket keeps what it could not send at once.
    this.#socket.write(Buffer.from(this.#out.subarray(0, this.#outLength)));
    this.#outLength = 0;
  }

  close(): void {
    this.#closed = true;
    this.#socket.destroy();
  }

  #fail(error: Error): void {
    if (this.#closed) return;
    this.close();
    this.#events.failed(error);
  }

  #read(chunk: Buffer): void {
    const bytes = this.#left.length === 0 ? chunk : Buffer.concat([this.#left, chunk]);
    let at = 0;
    while (at + FRAME_HEAD <= bytes.length) {
      const length = bytes.readUIntBE(at, 3);
      const end = at + FRAME_HEAD + length;
      if (end > bytes.length) break;
      this.#take(bytes, at, end);
      at = end;
    }
    this.#left = bytes.subarray(at);
    this.#events.turn();
    this.flush();
  }

  #take(bytes: Buffer, at: number, end: number): void {
    const [type, flags] = [bytes[at + 3]!, bytes[at + 4]!];
    const stream = bytes.readUInt32BE(at + 5) & 0x7fffffff;
    const from = at + FRAME_HEAD;
    if (type === DATA) {
      this.#events.data(stream, bytes, from, end);
      this.#count(stream, end - from);
    }
    if (type === DATA || type === HEADERS) {
      if ((flags & END_STREAM) !== 0) this.#events.ended(stream);
    } else if (type === WINDOW_UPDATE) this.#widen(stream, bytes.readUInt32BE(from));
    else if (type === SETTINGS && (flags & ACK) === 0) {
      this.streamWindow = windowOfSettings(bytes.subarray(from, end)) ?? this.streamWindow;
      this.send(frame(SETTINGS, ACK, 0), 0);
    } else if (type === PING && (flags & ACK) === 0) this.send(frame(PING, ACK, 0, bytes.subarray(from, end)), 0);
    else if (type === GOAWAY || type === RST_STREAM) this.#fail(new Error(`the server sent a frame of type ${type}`));
  }

  #widen(stream: number, by: number): void {
    if (stream === 0) this.#window += by;
    else if (this.windows.has(stream)) this.windows.set(stream, this.windows.get(stream)! + by);
  }

  #count(stream: number, bytes: number): void {
    this.#received += bytes;
    if (this.#received < RENEW_BYTES) return;
    this.send(windowUpdate(0, this.#received), 0);
    if (this.windows.has(stream)) this.send(windowUpdate(stream, this.#received), stream);
    this.#received = 0;
  }
}

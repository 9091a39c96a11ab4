import { connect, type Socket } from 'node:net';
import type { Loaded } from './grpc-load.js';

export interface GetLoad {
  readonly address: string;
  /** Built before; the n-th request takes the n-th of them, which begin anew at their end. See {@link getRequest}. */
  readonly requests: readonly Buffer[];
  /** Connections, on each of which one request is under way. */
  readonly inFlight: number;
  /** How many requests are made in all. */
  readonly calls: number;
}

export function getRequest(path: string, headers: Readonly<Record<string, string>>): Buffer {
  const lines = Object.entries({ host: '127.0.0.1', accept: 'application/json', ...headers });
  return Buffer.from(`GET ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`);
}

/** Makes GET requests over connections that are kept, one at a time on each. Rejects when an answer is not 200. */
export async function loadGets({ address, requests, inFlight, calls }: GetLoad): Promise<Loaded> {
  const { promise: done, resolve, reject } = Promise.withResolvers<void>();
  const latenciesMs = new Float64Array(calls);
  let [sent, answers, bytes] = [0, 0, 0];
  const links: Http1Link[] = [];
  const next = (link: Http1Link): void => {
    if (sent < calls) link.send(requests[sent++ % requests.length]!);
  };
  for (let i = 0; i < Math.min(inFlight, calls); i++) {
    const link: Http1Link = await Http1Link.open(address, {
      answered(tookMs, length) {
        latenciesMs[answers++] = tookMs;
        bytes += length;
        if (answers === calls) resolve();
        else next(link);
      },
      failed: reject,
    });
    links.push(link);
  }
  const began = performance.now();
  for (const link of links) next(link);
  try {
    await done;
  } finally {
    for (const link of links) link.close();
  }
  return { answers, seconds: (performance.now() - began) / 1000, latenciesMs, bytes, refused: 0 };
}

interface LinkEvents {
  answered(tookMs: number, bytes: number): void;
  failed(error: Error): void;
}

const HEAD_END = Buffer.from('\r\n\r\n');
const CHUNKS_END = Buffer.from('0\r\n\r\n');

/** A connection with one request under way, whose answer is looked at as far as to see where it ends. */
class Http1Link {
  readonly #socket: Socket;
  readonly #events: LinkEvents;
  #sentAt = 0;
  #bytes = 0;
  /** What of an answer's body has not arrived: -1 before its head, Infinity where it comes in chunks. */
  #left = -1;
  #head: Buffer = Buffer.alloc(0);
  #closed: boolean = false;

  private constructor(socket: Socket, events: LinkEvents) {
    this.#socket = socket;
    this.#events = events;
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => this.#fail(new Error('the server closed the connection')));
  }

  static open(address: string, events: LinkEvents): Promise<Http1Link> {
    const at = address.lastIndexOf(':');
    return new Promise((resolve, reject) => {
      const socket = connect({ host: address.slice(0, at), port: Number(address.slice(at + 1)), noDelay: true });
      socket.once('error', reject);
      socket.once('connect', () => resolve(new Http1Link(socket, events)));
    });
  }

  send(request: Buffer): void {
    this.#left = -1;
    this.#bytes = 0;
    this.#sentAt = performance.now();
    this.#socket.write(request);
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
    let body = chunk;
    if (this.#left === -1) {
      const bytes = this.#head.length === 0 ? chunk : Buffer.concat([this.#head, chunk]);
      const end = bytes.indexOf(HEAD_END);
      if (end === -1) {
        this.#head = bytes;
        return;
      }
      this.#head = Buffer.alloc(0);
      if (!this.#begin(bytes.toString('latin1', 0, end))) return;
      body = bytes.subarray(end + HEAD_END.length);
    }
    this.#bytes += body.length;
    this.#left -= body.length;
    const over = this.#left === Infinity ? body.subarray(-CHUNKS_END.length).equals(CHUNKS_END) : this.#left <= 0;
    if (over) this.#events.answered(performance.now() - this.#sentAt, this.#bytes);
  }

  #begin(head: string): boolean {
    if (!head.startsWith('HTTP/1.1 200')) {
      this.#fail(new Error(`the server answered ${head.split('\r\n', 1)[0]}`));
      return false;
    }
    const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
    this.#left = length === undefined ? Infinity : Number(length);
    return true;
  }
}

import { type CallHeaders, callHeaders, FRAME_HEAD, messageFrame } from './http2-frames.js';
import { Http2Link } from './http2-link.js';

/** What a load came to. */
export interface Loaded {
  /** Answers. */
  readonly answers: number;
  readonly seconds: number;
  /** From request to answer, milliseconds, in no order. */
  readonly latenciesMs: Float64Array;
  /** All answers together, with what frames them. */
  readonly bytes: number;
  /** How many of the answers said that the call had failed. */
  readonly refused: number;
}

/** The calls of a load, built before it begins; the n-th call takes the n-th of each list, which begins anew at its end. */
export interface Calls {
  readonly path: string;
  readonly tokens: readonly string[];
  /** Encoded requests. */
  readonly requests: readonly Uint8Array[];
}

export interface UnaryLoad extends Calls {
  readonly address: string;
  readonly inFlight: number;
  /** How many calls are made in all. */
  readonly calls: number;
  /** How many may be refused; none by default. */
  readonly mayBeRefused?: number;
}

/** As many calls as may be in flight at once have a place each; their streams' numbers say which. */
const PLACES = 1 << 13;
/** No answer is smaller than what frames an empty message. */
const LEAST_BYTES = 5;

/** Makes unary calls on one connection, so many at once. Rejects as soon as more than may be are answered without a message. */
export async function loadUnary(load: UnaryLoad): Promise<Loaded> {
  const { address, path, tokens, requests, inFlight, calls, mayBeRefused = 0 } = load;
  const headers = tokens.map((token) => callHeaders(path, address, token));
  const messages = requests.map((request) => messageFrame(request, true));
  const { promise: done, resolve, reject } = Promise.withResolvers<void>();
  const [startedAt, got] = [new Float64Array(PLACES), new Int32Array(PLACES)];
  const latenciesMs = new Float64Array(calls);
  let [sent, answers, bytes, refused] = [0, 0, 0, 0];

  const placeOf = (stream: number): number => (stream >> 1) & (PLACES - 1);
  const link = await Http2Link.open(address, {
    data(stream, _bytes, from, to) {
      got[placeOf(stream)]! += to - from;
    },
    ended(stream) {
      const place = placeOf(stream);
      if (got[place]! < LEAST_BYTES && ++refused > mayBeRefused) {
        reject(new Error(`call ${stream >> 1} was answered without a message`));
      }
      bytes += got[place]!;
      latenciesMs[answers++] = performance.now() - startedAt[place]!;
    },
    turn: () => fill(),
    failed: reject,
  });
  const fill = (): void => {
    while (sent < calls && sent - answers < inFlight) {
      const message = messages[sent % messages.length]!;
      if (link.window < message.length - FRAME_HEAD) break;
      const { first, later } = headers[sent % headers.length]!;
      const stream = 2 * sent + 1;
      link.send(sent === 0 ? first : later, stream);
      link.send(message, stream);
      startedAt[placeOf(stream)] = performance.now();
      got[placeOf(stream)] = 0;
      sent++;
    }
    if (answers === calls) resolve();
  };
  const began = performance.now();
  fill();
  link.flush();
  try {
    await done;
  } finally {
    link.close();
  }
  return { answers, seconds: (performance.now() - began) / 1000, latenciesMs, bytes, refused };
}

export interface StreamLoad extends Calls {
  readonly address: string;
  /** Streams, and messages at once on each. */
  readonly streams: number;
  readonly inFlight: number;
  /** How many messages are sent in all. */
  readonly messages: number;
}

/** Sends messages on bidirectional streams that stay open, each of which is answered by one message. */
export async function loadStreams(options: StreamLoad): Promise<Loaded> {
  const { address, path, tokens, requests, streams, inFlight, messages: total } = options;
  const frames = requests.map((request) => messageFrame(request, false));
  const { promise: done, resolve, reject } = Promise.withResolvers<void>();
  const open = Array.from({ length: streams }, (_, i) => new OpenStream(2 * i + 1));
  const latenciesMs = new Float64Array(total);
  let [sent, answers, bytes] = [0, 0, 0];

  const link = await Http2Link.open(address, {
    data(stream, chunk, from, to) {
      bytes += to - from;
      const one = open[stream >> 1]!;
      for (let n = one.messagesIn(chunk, from, to); n > 0; n--) latenciesMs[answers++] = one.answered();
    },
    ended: (stream) => reject(new Error(`the server ended stream ${stream}`)),
    turn: () => fill(),
    failed: reject,
  });
  const send = (one: OpenStream): boolean => {
    const message = frames[sent % frames.length]!;
    const length = message.length - FRAME_HEAD;
    const window = link.windows.get(one.number)!;
    if (one.inFlight >= inFlight || sent >= total || link.window < length || window < length) return false;
    link.send(message, one.number);
    link.windows.set(one.number, window - length);
    one.sentAt.push(performance.now());
    sent++;
    return true;
  };
  const fill = (): void => {
    for (const one of open) while (send(one));
    if (answers >= total) resolve();
  };
  const began = performance.now();
  for (const [i, { number }] of open.entries()) {
    const headers: CallHeaders = callHeaders(path, address, tokens[i % tokens.length]!);
    link.send(i === 0 ? headers.first : headers.later, number);
    link.windows.set(number, link.streamWindow);
  }
  fill();
  link.flush();
  try {
    await done;
  } finally {
    link.close();
  }
  return { answers, seconds: (performance.now() - began) / 1000, latenciesMs, bytes, refused: 0 };
}

/** A stream, and where within its answers it has come to. Answers may come in another order; times are those of the oldest. */
class OpenStream {
  readonly number: number;
  readonly sentAt: number[] = [];
  readonly #head = Buffer.alloc(LEAST_BYTES);
  #headLength = 0;
  #bodyLeft = 0;

  constructor(number: number) {
    this.number = number;
  }

  get inFlight(): number {
    return this.sentAt.length;
  }

  answered(): number {
    return performance.now() - this.sentAt.shift()!;
  }

  /** How many messages end in this piece. */
  messagesIn(chunk: Buffer, from: number, to: number): number {
    let [at, ended] = [from, 0];
    while (at < to) {
      if (this.#headLength < LEAST_BYTES) {
        this.#head[this.#headLength++] = chunk[at++]!;
        if (this.#headLength < LEAST_BYTES) continue;
        this.#bodyLeft = this.#head.readUInt32BE(1);
      }
      const taken = Math.min(this.#bodyLeft, to - at);
      this.#bodyLeft -= taken;
      at += taken;
      if (this.#bodyLeft > 0) continue;
      this.#headLength = 0;
      ended++;
    }
    return ended;
  }
}

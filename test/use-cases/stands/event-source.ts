import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { until } from '../../timing.js';

export interface Frame {
  /** '' for a heartbeat. */
  readonly event: string;
  readonly id: string;
  readonly data: unknown;
  /** When it was read, in monotonic milliseconds. */
  readonly at: number;
}

/** A client of server-sent events that shows what EventSource hides. */
export interface EventSourceStand {
  readonly status: number;
  readonly frames: readonly Frame[];
  /** Frames of that kind. */
  of(event: string): readonly Frame[];
  /** The id that a browser would send when it comes back. */
  lastId(): string;
  /** The n-th frame of a kind, once it is there. */
  frame(event: string, n?: number, limitMs?: number): Promise<Frame>;
  readonly ended: boolean;
  /** Takes no more from the network, or again. */
  pause(): void;
  resume(): void;
  /** Breaks the connection. */
  kill(): void;
}

export interface SourceOptions {
  readonly token?: string;
  readonly lastEventId?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export async function openEventSource(
  address: string,
  path: string,
  { token, lastEventId, headers: more = {} }: SourceOptions = {},
): Promise<EventSourceStand> {
  const [host, port] = address.split(':');
  const headers = {
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
    ...more,
  };
  const asking: ClientRequest = request({ host, port, path, headers, agent: false });
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    asking.once('response', resolve).once('error', reject).end();
  });
  asking.on('error', () => undefined);
  const frames: Frame[] = [];
  let ended = false;
  let lastId = '';
  let rest = '';
  response.setEncoding('utf8');
  response.on('data', (chunk: string) => {
    const parts = (rest + chunk).split('\n\n');
    rest = parts.pop() ?? '';
    for (const part of parts) {
      const field = (name: string): string => new RegExp(`^${name}: (.*)$`, 'm').exec(part)?.[1] ?? '';
      const data = field('data');
      if (field('id') !== '') lastId = field('id');
      frames.push({
        ...{ event: field('event'), id: field('id'), at: performance.now() },
        data: data === '' ? undefined : (JSON.parse(data) as unknown),
      });
    }
  });
  response.on('error', () => undefined);
  response.on('close', () => {
    ended = true;
  });
  const of = (event: string): readonly Frame[] => frames.filter((frame) => frame.event === event);
  return {
    status: response.statusCode ?? 0,
    frames,
    of,
    lastId: () => lastId,
    frame: async (event, n = 0, limitMs = 10_000) => {
      await until(() => of(event).length > n || ended, limitMs).catch(() => undefined);
      const found = of(event)[n];
      if (found === undefined) throw new Error(`no ${event} frame ${n} came: ${JSON.stringify(frames)}`);
      return found;
    },
    get ended() {
      return ended;
    },
    pause: () => void response.pause(),
    resume: () => void response.resume(),
    kill: () => void asking.destroy(),
  };
}

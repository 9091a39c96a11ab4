import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { FLAGD_SERVICES } from '../../src/flagd/handlers.js';
import { type EmbeddedLatchkey, startEmbedded } from '../../src/testing/embedded-latchkey.js';
import { AdminServiceDefinition } from '../gen/latchkey/v1/admin_service.js';
import { FeatureServiceDefinition } from '../gen/latchkey/v1/feature_service.js';
import { pause, until } from '../timing.js';
import { hostileCalls, messages } from './hostile-calls.js';
import { HOSTILE_CONNECTIONS } from './hostile-connections.js';
import { framed, makeCall, type Outcome, openSession, sendRaw, sendUnread } from './wire-client.js';

/** `FUZZ_RUNS` and `FUZZ_SEED` make a longer run, and the same one again. */
const RUNS = Number(process.env.FUZZ_RUNS ?? 3);
const SEED = Number(process.env.FUZZ_SEED ?? Date.now() & 0x7fffffff);

interface Listener {
  /** The door as the metrics name it. */
  readonly door: string;
  address(latchkey: EmbeddedLatchkey): string;
  /** The paths of its RPCs. */
  readonly paths: readonly string[];
  /** Some of them, of each kind there is: unary, streams of answers, streams both ways. */
  readonly kinds: readonly string[];
}

const pathsOf = ({ fullName, methods }: { fullName: string; methods: object }): string[] =>
  Object.values(methods).map(({ name }: { name: string }) => `/${fullName}/${name}`);

const LISTENERS: readonly Listener[] = [
  {
    door: 'grpc',
    address: ({ grpcAddress }) => grpcAddress,
    paths: [...pathsOf(FeatureServiceDefinition), ...pathsOf(AdminServiceDefinition)],
    kinds: [
      ...['/latchkey.v1.FeatureService/Evaluate', '/latchkey.v1.FeatureService/Watch'],
      ...['/latchkey.v1.FeatureService/EvaluateStream', '/grpc.health.v1.Health/Check'],
      '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo',
    ],
  },
  {
    door: 'flagd',
    address: ({ server }) => server.flagdAddress ?? '',
    paths: FLAGD_SERVICES.flatMap(({ typeName, methods }) => methods.map(({ name }) => `/${typeName}/${name}`)),
    kinds: ['/flagd.evaluation.v2.Service/ResolveObject', '/flagd.evaluation.v1.Service/EventStream'],
  },
];

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** What the heap holds: the least of some readings, since what is just being done for others is in some of them, too. */
async function heapUsed(): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 5; i++) {
    collectGarbage();
    least = Math.min(least, process.memoryUsage().heapUsed);
    await pause(20);
  }
  return least;
}

let latchkey: EmbeddedLatchkey;
const crashes: unknown[] = [];
const onCrash = (error: unknown) => void crashes.push(error);

beforeAll(async () => {
  latchkey = await startEmbedded({ ROLES: 'grpc', FLAGD_ADDR: '127.0.0.1:0' });
  process.on('uncaughtExceptionMonitor', onCrash);
});
afterAll(async () => {
  process.off('uncaughtExceptionMonitor', onCrash);
  await latchkey.close();
});

/** What the server says of a door: what is under way, and the streams and connections that are open. */
async function gauges(door: string): Promise<Readonly<Record<string, number>>> {
  const text = await (await fetch(`http://${latchkey.server.opsAddress}/metrics`)).text();
  const value = (name: string) =>
    Number(new RegExp(`^latchkey_${name}\\{door="${door}"\\} (\\d+)$`, 'm').exec(text)?.[1]);
  return {
    requests: value('requests_in_flight'),
    streams: value('door_streams'),
    connections: value('open_connections'),
  };
}

const UNKNOWN = 2;
const INTERNAL = 13;

const NOTHING = { requests: 0, streams: 0, connections: 0 };

/** What grpc-js says with INTERNAL of what a client sent. */
const FAULTS_OF_CLIENTS = /^(?:Failed to decompress message|Invalid grpc-timeout value)/;

/** An outcome is one that gRPC, HTTP or HTTP/2 has a word for: never a status by which the server says that it is broken. */
function isClean({ httpStatus, grpcStatus, message, reset }: Outcome): boolean {
  if (grpcStatus !== undefined) return ![UNKNOWN, INTERNAL].includes(grpcStatus) || FAULTS_OF_CLIENTS.test(message);
  return reset !== undefined || httpStatus === 415 || httpStatus === 200 || httpStatus === undefined;
}

describe.each(LISTENERS)('at the listener of $door', ({ door, address, paths, kinds }) => {
  const at = (): string => address(latchkey);

  /** That the server answers as it does. */
  async function stillServes(): Promise<void> {
    const session = openSession(at());
    const headers = { ':path': kinds[0]!, authorization: `Bearer ${latchkey.adminSecret}` };
    const outcome = await makeCall(session, { headers, pieces: [framed(Buffer.alloc(0))], ending: 'end' });
    session.destroy();
    // The client leaves soon after the message, on a busy machine before the trailers have come.
    expect(outcome.httpStatus).toBe(200);
    await until(async () => JSON.stringify(await gauges(door)) === JSON.stringify(NOTHING)).catch(async () =>
      expect(await gauges(door)).toEqual(NOTHING),
    );
  }

  async function brokenCalls(of: readonly string[]): Promise<void> {
    for (const path of of) {
      const session = openSession(at());
      for (const { what, ...call } of hostileCalls(path, latchkey.adminSecret)) {
        const live = session.closed || session.destroyed ? openSession(at()) : session;
        const outcome = await makeCall(live, call);
        if (live !== session) live.destroy();
        expect({ path, what, clean: isClean(outcome), outcome }).toMatchObject({ clean: true });
      }
      session.destroy();
    }
  }

  it('a call whose frames or headers are broken is answered or ended, and nothing else suffers', async () => {
    await brokenCalls(kinds);
    await stillServes();
  });

  it.each(HOSTILE_CONNECTIONS)('a connection of $what ends alone', async ({ bytes, ends = false, unread = false }) => {
    if (unread) {
      const kept = sendUnread(at(), bytes);
      await until(async () => kept.bytesWritten > 0 && (await gauges(door)).connections === 0);
      kept.destroy();
    } else await sendRaw(at(), { bytes, ends });
    await stillServes();
  });

  it('any bytes in a message of any RPC are answered', async () => {
    const session = openSession(at());
    for (const path of paths) {
      const property = fc.asyncProperty(messages, fc.boolean(), async (message, known) => {
        const headers = { ':path': path, authorization: `Bearer ${known ? latchkey.adminSecret : 'nobody'}` };
        const outcome = await makeCall(session, { headers, pieces: [framed(message)], ending: 'end' });
        expect({ path, clean: isClean(outcome), outcome }).toMatchObject({ clean: true });
      });
      await fc.assert(property, { numRuns: RUNS, seed: SEED });
    }
    session.destroy();
    await stillServes();
  });

  it('nothing is left of it in memory', async () => {
    // What is made once and kept, such as compiled code, is there after another round of all kinds of calls, beside the first test's.
    await brokenCalls(kinds);
    await stillServes();
    const before = await heapUsed();
    await brokenCalls(kinds);
    await stillServes();
    // A round makes some forty calls of each kind, some of which send megabytes: what leaked of them would be more than this.
    expect((await heapUsed()) - before).toBeLessThan(8_000_000);
    expect(crashes).toEqual([]);
  });
});

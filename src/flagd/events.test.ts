import { afterEach, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { ConfigurationLog } from '../configuration/configuration-log.js';
import type { Flag } from '../core/flags/flag.js';
import { flagOf, NOW, snapshotAfter, snapshotOf } from '../core/testing/samples.js';
import { SECOND_MS } from '../core/values/time/time.js';
import { newBacklog } from '../services/streaming/event-queue.js';
import { EventStream } from '../services/streaming/event-stream.js';
import type { WatchInput } from '../services/streaming/streams.js';
import { type FlagdEvent, type FlagdFeed, openFlagdEvents } from './events.js';
import type { FlagdCall } from './handlers.js';
import { AGAIN_MS } from './told-again.js';

const POSITION = { epoch: 'e', configuration: 1, outbox: 0, at: 0, organization: '', userId: '' };
const READER = { people: false, tokenId: '', organizationId: '', endsAt: Infinity };
const callOf = (tag: string | undefined): FlagdCall => ({
  caller: { kind: 'machine', tokenId: 'tok', scopes: new Set(['evaluate']), organizationId: '' },
  requestId: 'r',
  tag,
});

/** A server whose flags are put one by one, a second apart, and a client of it that keeps what it is answered until it is told of a change. */
class World {
  readonly events: FlagdEvent[] = [];
  /** What the client keeps: the version that it was answered of. */
  readonly kept = new Map<string, number>();
  watched: WatchInput | undefined;
  readonly #tag: string | undefined;
  readonly #flags = new Map<string, Flag>();
  readonly #log: ConfigurationLog;
  #now = NOW;
  #stream: EventStream | undefined;
  #feed: FlagdFeed | undefined;
  #takes: boolean = true;

  constructor(flags: readonly Flag[], tag: string | undefined, startedAt = NOW - 3_600 * SECOND_MS) {
    this.#tag = tag;
    for (const flag of flags) this.#flags.set(flag.key, flag);
    this.#log = new ConfigurationLog(snapshotOf(flags, { revision: 1 }), startedAt);
  }

  put(key: string, given: Partial<Flag>): void {
    const version = (this.#flags.get(key)?.version ?? 0) + 1;
    this.#now += SECOND_MS;
    this.#flags.set(key, flagOf(key, { ...given, version }));
    const { snapshot } = this.#log;
    const flags = [...this.#flags.values()];
    this.#log.swap(snapshotAfter(snapshot, flags, { revision: snapshot.revision + 1 }), this.#now);
    const flagKeys = [...this.#log.newest().all];
    this.#stream?.send({ type: 'configuration', flagKeys }, POSITION, this.#now);
  }

  answerOf(key: string): number | undefined {
    const flag = this.#flags.get(key);
    const isTold = flag !== undefined && !flag.archived && (this.#tag === undefined || flag.tags.includes(this.#tag));
    return isTold ? flag.version : undefined;
  }

  ask(key: string): void {
    const answer = this.kept.get(key) ?? this.answerOf(key);
    if (answer !== undefined) this.kept.set(key, answer);
  }

  async connect(): Promise<void> {
    this.#feed?.close();
    this.#takes = true;
    const watch = async (_call: unknown, input: WatchInput) => {
      this.watched = input;
      this.#stream = new EventStream(READER, POSITION, {
        sink: input.sink,
        backlog: newBacklog(),
        onEnd: () => undefined,
      });
      this.#stream.send({ type: 'heartbeat' }, POSITION, this.#now);
      return this.#stream;
    };
    const changedWithin = (ms: number) => this.#log.lately(this.#now - ms, this.#now);
    const options = { streams: { watch, changedWithin }, keeper: this.#log };
    const write = (event: FlagdEvent): boolean => {
      this.events.push(event);
      for (const key of Object.keys(event.data?.flags ?? {})) this.kept.delete(key);
      return this.#takes;
    };
    this.#feed = await openFlagdEvents(options, callOf(this.#tag), { write, end: () => undefined });
  }

  disconnect(): void {
    this.#feed?.close();
    this.#feed = undefined;
    this.#stream = undefined;
  }

  pause(): void {
    this.#takes = false;
  }

  resume(): void {
    this.#takes = true;
    this.#feed?.writable();
  }
}

const key = fc.constantFrom('a', 'b', 'c');
const step = fc.oneof(
  fc.record({ do: fc.constant('put' as const), key, archived: fc.boolean(), tags: fc.subarray(['web']) }),
  fc.record({ do: fc.constant('ask' as const), key }),
  fc.record({ do: fc.constantFrom('pause' as const, 'resume' as const, 'disconnect' as const, 'connect' as const) }),
);

describe('an event stream', () => {
  it('leaves a client nothing that holds no longer, however far behind it is, and after a break', async () => {
    const property = fc.asyncProperty(
      fc.constantFrom(undefined, 'web'),
      fc.array(step, { maxLength: 30 }),
      async (tag, steps) => {
        const world = new World([flagOf('a', { tags: ['web'] }), flagOf('b')], tag);
        await world.connect();
        for (const one of steps) {
          if (one.do === 'put') world.put(one.key, { archived: one.archived, tags: one.tags });
          else if (one.do === 'ask') world.ask(one.key);
          else await world[one.do]();
        }
        await world.connect();
        for (const [of, answer] of world.kept) expect(answer).toBe(world.answerOf(of));
        world.pause();
        world.put('a', { tags: ['web'] });
        for (const one of ['a', 'b', 'c']) world.ask(one);
        world.put('b', { archived: true });
        world.put('c', { archived: true });
        world.resume();
        for (const [of, answer] of world.kept) expect(answer).toBe(world.answerOf(of));
      },
    );
    await fc.assert(property, { numRuns: 300 });
  });

  it('tells a reader that is behind of a flag that came and went meanwhile', async () => {
    const world = new World([flagOf('a')], undefined);
    await world.connect();
    world.pause();
    world.put('a', {});
    world.put('b', {});
    world.put('b', { archived: true });
    world.resume();
    const told = world.events.slice(1).map(({ data }) => data?.flags);
    const gone = { b: { type: 'delete' } };
    expect(told).toEqual([{ a: { type: 'update' } }, gone, gone]);
  });

  it('begins with what was changed lately, and with all that there is where the server does not know', async () => {
    const world = new World([flagOf('a'), flagOf('b'), flagOf('c')], undefined);
    world.put('b', {});
    world.put('c', { archived: true });
    await world.connect();
    const flags = { b: { type: 'update' }, c: { type: 'delete' } };
    expect(world.events).toEqual([{ type: 'provider_ready' }, { type: 'configuration_change', data: { flags } }]);
    const many = Array.from({ length: 2_500 }, (_, i) => flagOf(`flag_${i}`));
    const young = new World(many, undefined, NOW);
    await young.connect();
    const counts = young.events.map(({ data }) => Object.keys(data?.flags ?? {}).length);
    expect(counts).toEqual([0, 1_000, 1_000, 500]);
  });

  it('is quiet for no longer than clients of flagd expect', async () => {
    const world = new World([], undefined);
    await world.connect();
    expect(world.watched!.mostQuietMs).toBeLessThan(20 * SECOND_MS);
  });

  describe('tells each change once more, when every other server knows of it', () => {
    afterEach(() => void jest.useRealTimers());
    const told = ({ events }: World) => events.flatMap(({ data }) => (data === undefined ? [] : [data.flags]));

    it('what became of the flag by then', async () => {
      jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask'] });
      const world = new World([flagOf('a')], undefined);
      await world.connect();
      world.put('a', {});
      world.put('b', {});
      jest.advanceTimersByTime(AGAIN_MS - 1_000);
      world.put('b', { archived: true });
      expect(told(world)).toHaveLength(3);
      jest.advanceTimersByTime(1_000);
      expect(told(world).slice(3)).toEqual([{ a: { type: 'update' } }]);
      jest.advanceTimersByTime(10 * AGAIN_MS);
      expect(told(world).slice(4)).toEqual([{ b: { type: 'delete' } }]);
    });

    it('to a reader that is behind when it takes events again, and to one that has gone not at all', async () => {
      jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask'] });
      const world = new World([flagOf('a'), flagOf('b')], undefined);
      await world.connect();
      world.pause();
      world.put('a', {});
      jest.advanceTimersByTime(2 * AGAIN_MS);
      world.put('b', {});
      expect(told(world)).toEqual([{ a: { type: 'update' } }]);
      world.resume();
      expect(told(world).slice(1)).toEqual([{ a: { type: 'update' } }, { b: { type: 'update' } }]);
      world.disconnect();
      jest.advanceTimersByTime(2 * AGAIN_MS);
      expect(told(world)).toHaveLength(3);
      expect(jest.getTimerCount()).toBe(0);
    });

    it('also of what changed a moment before the stream was opened', async () => {
      jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask'] });
      const world = new World([flagOf('a'), flagOf('b')], undefined);
      world.put('b', {});
      await world.connect();
      jest.advanceTimersByTime(AGAIN_MS);
      expect(told(world)).toEqual([{ b: { type: 'update' } }, { b: { type: 'update' } }]);
    });
  });
});

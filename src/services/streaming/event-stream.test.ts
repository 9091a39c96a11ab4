import { describe, expect, it } from '@jest/globals';

import type { Backlog } from './event-queue.js';
import { EventStream, type StreamEvent, type StreamNews } from './event-stream.js';
import { decodeResumeToken } from './resume-token.js';

const POSITION = { epoch: 'e', configuration: 1, outbox: 0, at: 0, organization: '', userId: 'u' };
const READER = { people: false, tokenId: '', organizationId: '', endsAt: Infinity };
const news = (key: string) => ({ type: 'configuration', flagKeys: [key] }) as const;
/** Events of one flag take some 240 bytes. */
const backlogOf = (maxOfStream: number, maxOfProcess = 100_000): Backlog => ({
  ...{ waiting: 0, maxOfEvent: 2_000, maxOfStream, maxOfProcess },
});
const flipOf = (value: string): StreamNews => {
  const decision = {
    flagKey: 'f',
    enabled: true,
    reason: 'RULE',
    variant: 'on',
    value,
    ruleId: '',
    flagVersion: 1,
  } as const;
  return {
    type: 'user',
    userId: 'u',
    at: 0,
    unlocked: [{ flagKey: 'f', cause: { type: 'time' }, decision }],
    locked: [],
  };
};

function streamOf(backlog: Backlog) {
  const state = { takes: true, written: [] as StreamEvent[], ended: undefined as string | undefined };
  const sink = {
    write: (event: StreamEvent) => {
      state.written.push(event);
      return state.takes;
    },
    end: (reason: string) => {
      state.ended = reason;
    },
  };
  const stream = new EventStream(READER, POSITION, { sink, backlog, onEnd: () => undefined });
  const keys = () => state.written.map((event) => (event.type === 'configuration' ? event.flagKeys[0] : event.type));
  return { state, stream, keys };
}

describe('a stream that nothing was sent on', () => {
  it('is due for a heartbeat by the time for all streams, or by its own where that is sooner', () => {
    const streamFor = (mostQuietMs?: number) =>
      new EventStream(READER, POSITION, {
        ...{ sink: { write: () => true, end: () => undefined }, backlog: backlogOf(2_000), onEnd: () => undefined },
        mostQuietMs,
      });
    const dueAt = (stream: EventStream, heartbeatMs: number) => {
      let now = 0;
      while (!stream.isQuiet(now, heartbeatMs)) now += 1;
      return now;
    };
    for (const [own, all, most] of [
      [undefined, 300, 300],
      [20, 300, 20],
      [20, 10, 10],
    ] as const) {
      const due = dueAt(streamFor(own), all);
      expect(due).toBeGreaterThanOrEqual(0.7 * most);
      expect(due).toBeLessThanOrEqual(most);
    }
  });
});

describe('a stream whose reader does not keep up', () => {
  it('holds events back and gives them in order once they are taken again', () => {
    const backlog = backlogOf(10_000);
    const { state, stream, keys } = streamOf(backlog);
    state.takes = false;
    for (const key of ['a', 'b', 'c']) stream.send(news(key), POSITION, 1);
    stream.send({ type: 'heartbeat' }, POSITION, 2);
    expect(keys()).toEqual(['a']);
    expect(backlog.waiting).toBeGreaterThan(0);
    stream.writable();
    expect(keys()).toEqual(['a', 'b']);
    state.takes = true;
    stream.writable();
    expect(keys()).toEqual(['a', 'b', 'c']);
    expect(backlog.waiting).toBe(0);
    stream.send(news('d'), POSITION, 3);
    expect(keys()).toEqual(['a', 'b', 'c', 'd']);
    expect(state.ended).toBeUndefined();
  });

  it('is cut when more waits than one stream may hold back, and then holds nothing', () => {
    const backlog = backlogOf(2_400);
    const { state, stream, keys } = streamOf(backlog);
    state.takes = false;
    for (let i = 0; i < 50; i++) stream.send(news(`k${i}`), POSITION, i);
    expect(state.ended).toBe('slow');
    expect(keys()).toEqual(['k0']);
    expect(backlog.waiting).toBe(0);
    stream.writable();
    expect(keys()).toEqual(['k0']);
  });

  it('is counted by the bytes of values, those that its door has not sent included', () => {
    const backlog = backlogOf(4_000);
    const { state, stream } = streamOf(backlog);
    stream.send(flipOf('x'.repeat(1_000)), POSITION, 1);
    expect(backlog.waiting).toBe(0);
    state.takes = false;
    stream.send(flipOf('x'.repeat(1_000)), POSITION, 2);
    expect(backlog.waiting).toBeGreaterThan(1_000);
    stream.send(flipOf('x'.repeat(1_000)), POSITION, 3);
    expect(backlog.waiting).toBeGreaterThan(2_000);
    expect(state.ended).toBeUndefined();
    stream.send(flipOf('x'.repeat(1_000)), POSITION, 4);
    expect([state.ended, backlog.waiting]).toEqual(['slow', 0]);
  });

  it('is told to ask for everything again in place of an event that is too large, and goes on from there', () => {
    const { state, stream } = streamOf(backlogOf(10_000));
    const after = { ...POSITION, outbox: 7 };
    stream.send(flipOf('x'.repeat(3_000)), after, 1);
    stream.send(flipOf('small'), after, 2);
    expect(state.written.map(({ type }) => type)).toEqual(['reset', 'user']);
    expect(decodeResumeToken(state.written[0]!.resumeToken, 'u')).toMatchObject({ outbox: 7 });
  });

  it('is cut when all streams together hold back more than the process may', () => {
    const backlog = backlogOf(100_000, 2_400);
    const all = Array.from({ length: 20 }, () => streamOf(backlog));
    for (const { state, stream } of all) {
      state.takes = false;
      stream.send(news('taken'), POSITION, 1);
      stream.send(news('waits'), POSITION, 1);
    }
    const cut = all.filter(({ state }) => state.ended === 'slow');
    expect(cut.length).toBeGreaterThan(0);
    expect(cut.length).toBeLessThan(20);
    expect(backlog.waiting).toBeLessThanOrEqual(2_400);
  });
});

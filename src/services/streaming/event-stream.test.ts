import { describe, expect, it } from '@jest/globals';
import { type Backlog, EventStream, type StreamEvent } from './event-stream.js';

const POSITION = { epoch: 'e', configuration: 1, outbox: 0, at: 0, organization: '', userId: 'u' };
const READER = { people: false, tokenId: '', organizationId: '', endsAt: Infinity };
const news = (key: string) => ({ type: 'configuration', flagKeys: [key] }) as const;
const backlogOf = (maxOfStream: number, maxOfProcess = 1_000): Backlog => ({ waiting: 0, maxOfStream, maxOfProcess });

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

describe('a stream whose reader does not keep up', () => {
  it('holds events back and gives them in order once they are taken again', () => {
    const backlog = backlogOf(100);
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
    expect(backlog.waiting).toBeCloseTo(0);
    stream.send(news('d'), POSITION, 3);
    expect(keys()).toEqual(['a', 'b', 'c', 'd']);
    expect(state.ended).toBeUndefined();
  });

  it('is cut when more waits than one stream may hold back, and then holds nothing', () => {
    const backlog = backlogOf(10);
    const { state, stream, keys } = streamOf(backlog);
    state.takes = false;
    for (let i = 0; i < 50; i++) stream.send(news(`k${i}`), POSITION, i);
    expect(state.ended).toBe('slow');
    expect(keys()).toEqual(['k0']);
    expect(backlog.waiting).toBeCloseTo(0);
    stream.writable();
    expect(keys()).toEqual(['k0']);
  });

  it('is cut when all streams together hold back more than the process may', () => {
    const backlog = backlogOf(1_000, 10);
    const all = Array.from({ length: 20 }, () => streamOf(backlog));
    for (const { state, stream } of all) {
      state.takes = false;
      stream.send(news('taken'), POSITION, 1);
      stream.send(news('waits'), POSITION, 1);
    }
    const cut = all.filter(({ state }) => state.ended === 'slow');
    expect(cut.length).toBeGreaterThan(0);
    expect(cut.length).toBeLessThan(20);
    expect(backlog.waiting).toBeLessThanOrEqual(10);
  });
});

import { describe, expect, it } from '@jest/globals';
import type { EventInbox, NewEvent } from './event-store.js';
import { groupAppend } from './group-append.js';
import { sampleEvent } from './testing/samples.js';

interface Call {
  readonly events: readonly NewEvent[];
  readonly answer: (isNew: readonly boolean[]) => void;
  readonly fail: (error: Error) => void;
}

/** An inbox whose calls are answered by the test. */
function manualInbox(): { readonly inbox: EventInbox; readonly calls: Call[] } {
  const calls: Call[] = [];
  const append: EventInbox['append'] = (events) =>
    new Promise((answer, fail) => {
      calls.push({ events, answer, fail });
    });
  return { inbox: { append }, calls };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const events = (count: number): readonly NewEvent[] => Array.from({ length: count }, () => sampleEvent());

describe('group append', () => {
  it('hands a lone call on at once', async () => {
    const { inbox, calls } = manualInbox();
    const grouped = groupAppend(inbox, { callsInFlight: 1 });
    const [event] = events(1);
    const answer = grouped.append([event!]);
    expect(calls.map((call) => call.events)).toEqual([[event]]);
    calls[0]?.answer([true]);
    expect(await answer).toEqual([true]);
  });

  it('merges what comes while a call is under way, and gives each caller its own answers', async () => {
    const { inbox, calls } = manualInbox();
    const grouped = groupAppend(inbox, { callsInFlight: 1 });
    const first = grouped.append(events(1));
    const others = [grouped.append(events(2)), grouped.append(events(1)), grouped.append(events(3))];
    expect(calls).toHaveLength(1);
    calls[0]?.answer([true]);
    await first;
    await settled();
    expect(calls.map((call) => call.events.length)).toEqual([1, 6]);
    calls[1]?.answer([true, false, true, false, false, true]);
    expect(await Promise.all(others)).toEqual([[true, false], [true], [false, false, true]]);
  });

  it('never merges more than 1,000 events, nor tears a call apart', async () => {
    const { inbox, calls } = manualInbox();
    const grouped = groupAppend(inbox, { callsInFlight: 1 });
    const all = [1, 600, 400, 1, 999, 2].map((count) => grouped.append(events(count)));
    for (let i = 0; i < 4; i++) {
      await settled();
      calls[i]?.answer(calls[i]!.events.map(() => true));
    }
    await Promise.all(all);
    expect(calls.map((call) => call.events.length)).toEqual([1, 1000, 1000, 2]);
  });

  it('keeps as many calls under way as it is told', async () => {
    const { inbox, calls } = manualInbox();
    const grouped = groupAppend(inbox, { callsInFlight: 3 });
    const all = Array.from({ length: 5 }, () => grouped.append(events(1)));
    expect(calls).toHaveLength(3);
    calls[1]?.answer([true]);
    await settled();
    expect(calls.map((call) => call.events.length)).toEqual([1, 1, 1, 2]);
    for (const call of calls) call.answer(call.events.map(() => true));
    expect(await Promise.all(all)).toEqual(Array.from({ length: 5 }, () => [true]));
  });

  it('fails all callers of a merged call that fails, and goes on with the next', async () => {
    const { inbox, calls } = manualInbox();
    const grouped = groupAppend(inbox, { callsInFlight: 1 });
    const first = grouped.append(events(1));
    const failing = [grouped.append(events(1)), grouped.append(events(2))];
    const gone = new Error('the store is gone');
    const failures = Promise.allSettled(failing);
    calls[0]?.answer([true]);
    await first;
    await settled();
    calls[1]?.fail(gone);
    expect(await failures).toEqual(failing.map(() => ({ status: 'rejected', reason: gone })));
    const next = grouped.append(events(1));
    calls[2]?.answer([true]);
    expect(await next).toEqual([true]);
  });

  it('asks for nothing where there is nothing to append', async () => {
    const { inbox, calls } = manualInbox();
    expect(await groupAppend(inbox, { callsInFlight: 1 }).append([])).toEqual([]);
    expect(calls).toEqual([]);
  });

  it('passes on an inbox that throws at once', async () => {
    const inbox: EventInbox = {
      append: () => {
        throw new RangeError('too many');
      },
    };
    await expect(groupAppend(inbox, { callsInFlight: 1 }).append(events(1))).rejects.toThrow('too many');
  });
});

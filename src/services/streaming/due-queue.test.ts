import { afterEach, describe, expect, it } from '@jest/globals';
import { pause, until } from '../../../test/timing.js';
import { DueQueue } from './due-queue.js';

let queue: DueQueue<string> | undefined;
afterEach(() => queue?.clear());

describe('a queue of what is due', () => {
  it('calls for each item once, in the order of their instants', async () => {
    const due: string[] = [];
    queue = new DueQueue<string>(Date.now, (item) => void due.push(item));
    const now = Date.now();
    const items = Array.from({ length: 500 }, (_, i) => ({ item: `i${i}`, at: now + 20 + ((i * 7919) % 500) / 10 }));
    for (const { item, at } of items) queue.set(item, at);
    await until(() => due.length >= items.length);
    expect(due).toEqual(items.toSorted((a, b) => a.at - b.at).map(({ item }) => item));
    expect(queue.size).toBe(0);
  });

  it('goes by what was set last, and forgets what was taken out', async () => {
    const due: string[] = [];
    queue = new DueQueue<string>(Date.now, (item) => void due.push(item));
    const now = Date.now();
    for (let i = 0; i < 1_000; i++) queue.set('moved', now + 10_000 + i);
    queue.set('moved', now + 30);
    queue.set('later', now + 20);
    queue.set('later', now + 60_000);
    queue.set('gone', now + 20);
    queue.delete('gone');
    queue.set('never', Infinity);
    await until(() => due.length > 0);
    await pause(20);
    expect(due).toEqual(['moved']);
    expect(queue.size).toBe(1);
  });

  it('takes what is set while it calls', async () => {
    const due: string[] = [];
    const own = new DueQueue<string>(Date.now, (item) => {
      due.push(item);
      if (due.length < 3) own.set(item, Date.now() + 5);
    });
    queue = own;
    own.set('again', Date.now());
    await until(() => due.length >= 3);
    await pause(20);
    expect(due).toEqual(['again', 'again', 'again']);
  });
});

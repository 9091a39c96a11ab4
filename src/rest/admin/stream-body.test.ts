import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from '@jest/globals';
import { unavailable } from '../../calls/errors.js';
import { problemOf } from '../server/problem.js';
import { StreamBody } from './stream-body.js';
import { JSON_LINES } from './stream-form.js';

function opened() {
  const feed = { writable: 0, closed: 0 };
  const lines = new StreamBody(JSON_LINES, (error) => problemOf(error, 'the-id').body);
  lines.follow({ writable: () => void feed.writable++, close: () => void feed.closed++ });
  return { lines, feed };
}

describe('a stream of JSON lines', () => {
  it('has a line for each object, and ends when it is done', async () => {
    const { lines, feed } = opened();
    lines.write({ a: 1 });
    await lines.begun;
    lines.write({ b: 'two\nlines' });
    lines.end(undefined);
    lines.write({ late: true });
    expect(await text(lines.body)).toBe('{"a":1}\n{"b":"two\\nlines"}\n');
    expect(feed.closed).toBe(1);
  });

  it('that fails before its first line leaves the failure to the answer', async () => {
    const { lines, feed } = opened();
    lines.end(unavailable('away'));
    await expect(lines.begun).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect([lines.body.destroyed, feed.closed]).toEqual([true, 1]);
  });

  it('that fails later says so on its last line', async () => {
    const { lines } = opened();
    lines.write({ a: 1 });
    lines.drain();
    lines.end(undefined);
    const [, last] = (await text(lines.body)).split('\n');
    expect(JSON.parse(last!)).toMatchObject({
      error: { status: 503, code: 'UNAVAILABLE', detail: expect.stringContaining('stops'), request_id: 'the-id' },
    });
  });

  it('holds back who writes faster than it is read, and tells when to go on', async () => {
    const { lines, feed } = opened();
    const line = { text: 'x'.repeat(10_000) };
    let written = 0;
    while (lines.write(line)) written++;
    expect(written).toBeLessThan(20);
    expect(feed.writable).toBe(0);
    lines.body.resume();
    await once(lines.body, 'data');
    await new Promise(setImmediate);
    expect(feed.writable).toBeGreaterThan(0);
  });

  it('lets go of what feeds it when its reader has gone, before the first line too', async () => {
    const { lines, feed } = opened();
    lines.body.destroy();
    await expect(lines.begun).rejects.toThrow('the reader has gone');
    expect(feed.closed).toBe(1);
    expect(lines.write({ a: 1 })).toBe(true);
    const late = { closed: 0 };
    lines.follow({ writable: () => undefined, close: () => void late.closed++ });
    expect(late.closed).toBe(1);
  });
});

import { describe, expect, it } from '@jest/globals';
import type { Statement } from './dialect.js';
import { Pipeline } from './pipeline.js';

/** Answers each statement with its text, and says what went together. */
function recorded(fail: (text: string) => boolean = () => false, together = true) {
  const sent: (readonly string[])[] = [];
  const pipeline = new Pipeline(
    async (statements: readonly Statement[]) => {
      const texts = statements.map(({ text }) => text);
      sent.push(texts);
      await new Promise((resolve) => setImmediate(resolve));
      const failed = texts.find(fail);
      if (failed !== undefined) throw new Error(`cannot ${failed.slice(0, 10)}`);
      return texts.map((text) => `did ${text}`);
    },
    { together },
  );
  return { pipeline, sent };
}

describe('a pipeline of statements', () => {
  it('sends together what nobody waits between, in order, and answers each', async () => {
    const { pipeline, sent } = recorded();
    const later = async (): Promise<unknown> => {
      // A promise that is there already is not waiting.
      await Promise.resolve();
      return pipeline.add('c', []);
    };
    expect(await Promise.all([pipeline.add('a', []), pipeline.add('b', [1]), later()])).toEqual([
      'did a',
      'did b',
      'did c',
    ]);
    expect(await pipeline.add('d', [])).toBe('did d');
    expect(sent).toEqual([['a', 'b', 'c'], ['d']]);
  });

  it('keeps what is asked for meanwhile for the next way, behind what went before', async () => {
    const { pipeline, sent } = recorded();
    const first = pipeline.add('a', []);
    await new Promise((resolve) => setTimeout(resolve, 0));
    const others = [pipeline.add('b', []), pipeline.add('c', [])];
    await Promise.all([first, ...others]);
    expect(sent.flat()).toEqual(['a', 'b', 'c']);
    expect(sent[0]).toEqual(['a']);
  });

  it('fails all that went together with the one that failed, and goes on with the next', async () => {
    const { pipeline } = recorded((text) => text === 'b');
    const together = await Promise.allSettled(['a', 'b', 'c'].map((text) => pipeline.add(text, [])));
    expect(together.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(await pipeline.add('d', [])).toBe('did d');
  });

  it('sends nothing of what waits when one fails: the transaction may be over', async () => {
    for (const together of [true, false]) {
      const { pipeline, sent } = recorded((text) => text === 'fail', together);
      const calls = ['fail', ...Array.from({ length: 59 }, (_, i) => `${i}`)].map((text) => pipeline.add(text, []));
      const settled = await Promise.allSettled(calls);
      expect(settled.filter(({ status }) => status === 'fulfilled')).toEqual([]);
      expect(sent).toHaveLength(1);
      expect(await pipeline.add('next', [])).toBe('did next');
    }
  });

  it('sends one after the other where the engine takes no more at once', async () => {
    const { pipeline, sent } = recorded(undefined, false);
    await Promise.all(['a', 'b', 'c'].map((text) => pipeline.add(text, [])));
    expect(sent).toEqual([['a'], ['b'], ['c']]);
  });

  it('sends no more at once than an engine takes', async () => {
    const { pipeline, sent } = recorded();
    const large = 'x'.repeat(3 * 1024 * 1024);
    await Promise.all([pipeline.add('a', [large]), pipeline.add('b', ['y']), pipeline.add(`c${large}`, [])]);
    expect(sent.map((texts) => texts.map((text) => text[0]))).toEqual([['a'], ['b', 'c']]);
    await Promise.all(Array.from({ length: 120 }, (_, i) => pipeline.add(String(i), [])));
    expect(sent.slice(2).map(({ length }) => length)).toEqual([50, 50, 20]);
  });
});

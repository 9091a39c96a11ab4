import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Candidate, foundBy, lookUp, readLines } from './people-lines.js';

const name = fc.stringMatching(/^[a-z0-9@._-]{1,12}$/);
const people = (ids: readonly string[]): readonly Candidate[] => ids.map((user_id) => ({ user_id, attributes: [] }));

describe('a pasted list of people', () => {
  it('names each once, and says of every line that is left out why', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(name, fc.constantFrom('', '  ', '\t'))), (texts) => {
        const { lines, faults } = readLines(texts.join('\r\n'));
        expect(lines.map(({ text }) => text)).toEqual([...new Set(texts.filter((text) => text.trim() !== ''))]);
        expect(lines.length + faults.length).toBe(texts.filter((text) => text.trim() !== '').length);
        for (const { text, fault } of faults) {
          expect(fault).toEqual({ kind: 'repeats', line: texts.indexOf(text) + 1 });
        }
      }),
    );
  });

  it('takes what tables put around a name for no part of it', () => {
    expect(readLines(' "ada" \ngrace,\r\n"alan;"\nlinus;\t').lines.map(({ text }) => text)).toEqual([
      'ada',
      'grace',
      'alan;',
      'linus',
    ]);
    expect(readLines(`${'x'.repeat(192)}\na\u0007b`).faults.map(({ fault }) => fault.kind)).toEqual([
      'tooLong',
      'control',
    ]);
  });

  it('takes an id before an attribute, and no attribute that several have', () => {
    const [ada, other] = [
      { user_id: 'u1', attributes: [{ value: 'Ada@example.com' }] },
      { user_id: 'u2', attributes: [{ value: 'ada@example.com' }] },
    ];
    expect(foundBy('ada@example.com', [ada!])).toEqual({ kind: 'known', id: 'u1' });
    expect(foundBy('ada@example.com', [ada!, other!])).toMatchObject({ fault: { kind: 'several', people: 2 } });
    expect(foundBy('u1', [{ user_id: 'u12', attributes: [] }])).toEqual({ kind: 'unknown', id: 'u1' });
    expect(foundBy('ada@example.com', people(['ada@example.com']))).toEqual({ kind: 'known', id: 'ada@example.com' });
    expect(foundBy('nobody@example.com', [])).toEqual({ kind: 'unknown', id: 'nobody@example.com' });
  });

  it('loses no line, whatever fails and wherever it is stopped', async () => {
    const law = async (ids: readonly string[], failing: number, stopAfter: number): Promise<void> => {
      const read = readLines(ids.join('\n'));
      const stop = new AbortController();
      let asked = 0;
      const { known, unknown, faults } = await lookUp(read, {
        signal: stop.signal,
        onProgress: (done) => {
          if (done >= stopAfter) stop.abort();
        },
        search: (text) => {
          asked++;
          if (asked === failing) return Promise.reject(new Error('away'));
          return Promise.resolve(asked % 2 === 0 ? people([text]) : []);
        },
      });
      const told = [...known, ...unknown, ...faults.map(({ text }) => text)];
      expect(told.toSorted()).toEqual(ids.toSorted());
    };
    await fc.assert(
      fc.asyncProperty(fc.array(name, { maxLength: 20 }), fc.nat({ max: 20 }), fc.integer({ min: 1, max: 25 }), law),
    );
  });
});

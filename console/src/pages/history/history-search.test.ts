import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { auditQuery, changedSearch, faultOfDays, isFiltered, readHistorySearch } from './history-search.js';

const DAY_MS = 24 * 60 * 60 * 1_000;
const now = new Date(2026, 10, 28, 6, 30);
const day = fc
  .date({ min: new Date(2001, 0, 1), max: new Date(2099, 0, 1), noInvalidDate: true })
  .map((at) => at.toISOString().slice(0, 10));
const search = fc
  .record(
    { q: fc.string(), kind: fc.string(), subject: fc.string(), actor: fc.string(), from: day, to: day },
    { requiredKeys: [] },
  )
  .map(readHistorySearch);

describe('the search of the history', () => {
  it('reads its own addresses back as they are, whatever else an address holds', () => {
    fc.assert(fc.property(search, (read) => expect(readHistorySearch({ ...read, other: 1 })).toEqual(read)));
    fc.assert(fc.property(fc.object(), (any) => void readHistorySearch(any as Record<string, unknown>)));
  });

  it('asks for a subject with its kind alone, and for text in bounded days alone', () => {
    fc.assert(
      fc.property(search, (read) => {
        const query = auditQuery(read, now);
        expect(query.subject === undefined).toBe(query.kind === undefined);
        if (query.q !== undefined) expect(query.from).toBeDefined();
        if (read.q !== undefined && read.from === undefined) {
          const until = query.to === undefined ? now : new Date(query.to);
          expect(until.getTime() - new Date(query.from!).getTime()).toBeLessThan(31 * DAY_MS);
        }
      }),
    );
  });

  it('tells days that end before they begin, and that are too many for a text', () => {
    expect(faultOfDays({ from: '2026-11-20', to: '2026-11-10' }, now)).toBe('inverted');
    expect(faultOfDays({ from: '2026-11-20', to: '2026-11-20' }, now)).toBeUndefined();
    expect(faultOfDays({ from: '2026-01-01' }, now)).toBeUndefined();
    expect(faultOfDays({ q: 'a', from: '2026-01-01' }, now)).toBe('tooMany');
    expect(faultOfDays({ q: 'a', from: '2026-01-01', to: '2026-03-01' }, now)).toBeUndefined();
  });

  it('names the stages, of which there is one list, by their kind', () => {
    expect(auditQuery({ kind: 'stages' }, now)).toEqual({ kind: 'stages', subject: 'stages' });
    expect(auditQuery({ kind: 'flag' }, now)).toEqual({});
  });

  it('has both days whole', () => {
    const { from, to } = auditQuery({ from: '2026-11-27', to: '2026-11-28' }, now);
    expect([from, to]).toEqual([new Date(2026, 10, 27).toISOString(), new Date(2026, 10, 29).toISOString()]);
  });

  it('leaves out what no day can be', () => {
    expect(readHistorySearch({ from: '2026-02-30', to: 'tomorrow', entry: 12 })).toEqual({ entry: '12' });
  });

  it('drops the subject with its kind, and counts an open entry as no filter', () => {
    expect(changedSearch({ kind: 'flag', subject: 'reports' }, { kind: '' })).toEqual({});
    expect([isFiltered({ entry: '1' }), isFiltered({ actor: 'user:ada' })]).toEqual([false, true]);
  });
});

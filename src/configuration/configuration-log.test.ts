import { describe, expect, it } from '@jest/globals';
import { flagOf, NOW, snapshotOf } from '../core/testing/samples.js';
import { ConfigurationLog } from './configuration-log.js';

const at = (revision: number, ...flags: Parameters<typeof snapshotOf>[0][number][]) => snapshotOf(flags, { revision });

describe('the log of the configuration', () => {
  const log = new ConfigurationLog(at(5, flagOf('a'), flagOf('b')));
  log.swap(at(6, flagOf('a', { version: 2 }), flagOf('b')));
  log.swap(at(8, flagOf('a', { version: 2 }), flagOf('b', { version: 2, clientVisible: false })));
  log.swap(at(9, flagOf('a', { version: 2 }), flagOf('b', { version: 3, clientVisible: false })));
  const since = (revision: number) => [...log.since(revision, NOW, NOW).all].toSorted();

  it('names what changed after a revision, and everything after one that it has not seen', () => {
    expect(since(9)).toEqual([]);
    expect(since(8)).toEqual(['b']);
    // Between two that it has seen: at least what changed.
    expect(since(7)).toEqual(['b']);
    expect(since(5)).toEqual(['a', 'b']);
    expect(since(4)).toEqual(['a', 'b']);
  });

  it('tells people of a flag that they lose, and not of one that they never saw', () => {
    expect([...log.since(7, NOW, NOW).visible]).toEqual(['b']);
    expect([...log.since(8, NOW, NOW).visible]).toEqual([]);
  });
});

import { describe, expect, it } from '@jest/globals';
import type { Flag } from '../core/flags/flag.js';
import {
  afterUnlocking,
  flagOf,
  latchingFlag,
  NOW,
  requires,
  snapshotAfter,
  snapshotOf,
  VERIFIED,
} from '../core/testing/samples.js';
import { ConfigurationLog } from './configuration-log.js';

/** A log of these configurations, each a revision and its flags. */
function logOf(...steps: readonly (readonly [number, ...Flag[]])[]): ConfigurationLog {
  const [[first, ...flags], ...others] = steps as [(typeof steps)[number], ...typeof steps];
  const log = new ConfigurationLog(snapshotOf(flags, { revision: first }));
  for (const [revision, ...changed] of others) log.swap(snapshotAfter(log.snapshot, changed, { revision }));
  return log;
}

describe('the log of the configuration', () => {
  const log = logOf(
    [5, flagOf('a'), flagOf('b')],
    [6, flagOf('a', { version: 2 }), flagOf('b')],
    [8, flagOf('a', { version: 2 }), flagOf('b', { version: 2, clientVisible: false })],
    [9, flagOf('a', { version: 2 }), flagOf('b', { version: 3, clientVisible: false })],
  );
  const since = (revision: number, of = log) => [...of.since(revision, NOW, NOW).all].toSorted();

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
    expect([...log.newest().all]).toEqual(['b']);
  });

  it('names what requires, or reads the unlock of, a flag that changed, however far, and what did so no longer', () => {
    const flags = (version: number, ...required: string[]) => [
      { ...latchingFlag('base', VERIFIED), version },
      latchingFlag('reads', afterUnlocking('base')),
      flagOf('requires', { version: 2 - required.length, prerequisites: requires(...required) }),
      flagOf('other'),
    ];
    const log = logOf([1, ...flags(1, 'reads')], [2, ...flags(2, 'reads')], [3, ...flags(2)]);
    expect(since(1, log)).toEqual(['base', 'reads', 'requires']);
    expect(since(2, log)).toEqual(['requires']);
  });

  it('names flags whose window opened or closed, and what hangs on them', () => {
    const log = logOf([
      1,
      flagOf('window', { startsAt: NOW + 10 }),
      flagOf('upon', { prerequisites: requires('window') }),
    ]);
    expect([...log.since(1, NOW, NOW + 9).all]).toEqual([]);
    expect([...log.since(1, NOW, NOW + 10).all]).toEqual(['window', 'upon']);
  });

  it('begins anew where the revision goes back, as after a restore', () => {
    const log = logOf([5, flagOf('a'), flagOf('b')], [3, flagOf('a', { version: 2 }), flagOf('b')]);
    expect([...log.newest().all]).toEqual(['a']);
    expect(since(2, log)).toEqual(['a', 'b']);
  });
});

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
import { SECOND_MS } from '../core/values/time/time.js';
import { ConfigurationLog } from './configuration-log.js';

/** A log of these configurations, each a revision and its flags, a second apart, the last one now. */
function logOf(...steps: readonly (readonly [number, ...Flag[]])[]): ConfigurationLog {
  const [[first, ...flags], ...others] = steps as [(typeof steps)[number], ...typeof steps];
  let at = NOW - others.length * SECOND_MS;
  const log = new ConfigurationLog(snapshotOf(flags, { revision: first }), at);
  for (const [revision, ...changed] of others) {
    at += SECOND_MS;
    log.swap(snapshotAfter(log.snapshot, changed, { revision }), at);
  }
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

  it('names what changed lately, and everything where it began later', () => {
    const lately = (ms: number) => [...log.lately(NOW - ms, NOW).all].toSorted();
    expect(lately(0)).toEqual(['b']);
    expect(lately(2.5 * SECOND_MS)).toEqual(['a', 'b']);
    expect([...log.lately(NOW + 1, NOW + 1).all]).toEqual([]);
    const [open, more] = [flagOf('a'), flagOf('b')];
    const began = logOf([1, open, more], [2, flagOf('a', { version: 2 }), more]);
    expect([...began.lately(NOW - SECOND_MS + 1, NOW).all]).toEqual(['a']);
    expect([...began.lately(NOW - SECOND_MS, NOW).all]).toEqual(['a', 'b']);
  });

  it('tells people of a flag that they lose, and not of one that they never saw', () => {
    expect([...log.since(7, NOW, NOW).visible]).toEqual(['b']);
    expect([...log.since(8, NOW, NOW).visible]).toEqual([]);
    expect([...log.newest().all]).toEqual(['b']);
  });

  it('tells those who may have kept one answer for everybody that there are rows now, and no person', () => {
    const open = { isEnabledGlobally: true };
    const log = logOf([1, flagOf('a', open), flagOf('b')], [2, flagOf('a', { ...open, hasRows: true }), flagOf('b')]);
    expect([...log.newest().all]).toEqual(['a']);
    expect([log.newest().visible.size, log.newest().administered.size]).toEqual([0, 0]);
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

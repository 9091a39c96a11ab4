import { expect, it } from '@jest/globals';
import { DampedReports } from './damped-reports.js';

class Away extends Error {
  override readonly name = 'Away';
}

it('what fails again and again is reported once a minute, each kind by itself, with how many were left out', () => {
  let now = 0;
  const told: unknown[] = [];
  const reports = new DampedReports(
    (name, error, leftOut) => told.push([name, (error as Error).message, leftOut]),
    () => now,
  );
  for (now = 0; now < 150_000; now += 500) reports.failed('the sweep', new Away(`at ${now}`));
  now = 59_999;
  reports.failed('firing timers', new Away('another loop'));
  reports.failed('the sweep', new TypeError('a defect'));
  expect(told).toEqual([
    ['the sweep', 'at 0', 0],
    ['the sweep', 'at 60000', 119],
    ['the sweep', 'at 120000', 119],
    ['firing timers', 'another loop', 0],
    ['the sweep', 'a defect', 0],
  ]);
});

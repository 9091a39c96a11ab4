import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import semver from 'semver';
import { comparisonOf } from './operators.js';
import { compareVersions, parseVersion } from './version.js';

function order(left: unknown, right: unknown): number {
  return Math.sign(compareVersions(parseVersion(left)!, parseVersion(right)!));
}

describe('versions', () => {
  it.each<[unknown, unknown, number]>([
    ['17', '17.0.0', 0],
    [17, '17.0.0', 0],
    ['17.1', '17.0.9', 1],
    ['17.1', '18.0.0', -1],
    ['v17.1.0', '17.1', 0],
    ['V2', '10', -1],
    ['10.0.19045.1', '10.0.19045', 1],
    ['10.0.19045.1', '10.0.22000.0', -1],
    ['22.04', '22.4', 0],
    ['2024.01.15', '2024.1.9', 1],
    ['17.1-beta.2', '17.1', -1],
    ['17.1-beta.10', '17.1.0-beta.2', 1],
    ['1.2.3-alpha', '1.2.3-alpha.1', -1],
    ['1.2.3-alpha', '1.2.3-1', 1],
    ['17.1 (21B74)', '17.1', 0],
    ['1.2.3+build.7', '1.2.3', 0],
    [' 1.2.3\n', '1.2.3', 0],
    ['1.99999999999999999998', '1.99999999999999999999', -1],
  ])('%j against %j is %i, as phones and servers report them', (left, right, expected) => {
    expect(order(left, right)).toBe(expected);
    expect(order(right, left)).toBe(expected === 0 ? 0 : -expected);
  });

  it.each([
    '',
    'v',
    '1.',
    '.1',
    '1.2.x',
    '1.2rc1',
    '17.1,2',
    '-1',
    '1.2.3.4.5.6.7.8.9',
    '1.2.3-',
    `1.${'1'.repeat(200)}`,
    17.1,
    -1,
    2 ** 53,
    null,
    undefined,
    true,
    ['1.2.3'],
  ])('are not read from %j', (value) => {
    expect(parseVersion(value)).toBeUndefined();
  });

  it('with three parts compare as semver compares them', () => {
    const part = fc.integer({ min: 0, max: 30 });
    const identifier = fc.constantFrom('alpha', 'beta', 'rc', '0', '1', '2', '10', 'x-1');
    const version = fc
      .tuple(part, part, part, fc.array(identifier, { maxLength: 3 }))
      .map(([major, minor, patch, pre]) => `${major}.${minor}.${patch}${pre.length === 0 ? '' : `-${pre.join('.')}`}`);
    fc.assert(
      fc.property(version, version, (left, right) => {
        expect(order(left, right)).toBe(semver.compare(left, right));
      }),
    );
  });

  it('ask old ones to update, whatever form they have', () => {
    const isOld = comparisonOf('semverLessThan')!;
    const isNew = comparisonOf('not:semverLessThan')!;
    for (const app of ['17.1', '17', 17, 'v17.1.0', '17.1.0.4', '17.1.0-beta.1']) {
      expect([app, isOld(app, '18.0'), isNew(app, '18.0')]).toEqual([app, true, false]);
    }
  });
});

import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { differences } from '../../core/history/differences.js';
import { erasedEntry } from '../../core/history/erased.js';
import { type EntryStates, shownEntry } from '../../core/history/shown-entry.js';
import { BY_KEY } from '../../core/sentences/speaking.js';
import type { JsonValue } from '../../core/values/json.js';
import { entryWords } from './history-messages.js';

const condition = { fact: 'actionCount', params: { action: 'report' }, operator: 'greaterThan', value: 3 };
const rule = {
  ...{ id: 'keen', name: 'Keen', conditions: { all: [condition] }, policy: 'LATCHING', earnedBy: 'USER', version: 1 },
  ...{ rolloutPer100k: 50_000, bucketBy: 'user', distribution: [{ variant: 'on', weight: 1 }], ledgerFloor: 0 },
};
const flag = {
  ...{ id: 'flg_1', key: 'export', name: 'Export', description: '', owner: '', active: true, archived: false },
  ...{ isEnabledGlobally: false, delegated: false, clientVisible: true, type: 'BOOLEAN', offVariant: 'off' },
  ...{ variants: [{ key: 'on', value: true }], distribution: [], bucketing: 2, tags: ['a'], startsAt: 1, version: 1 },
  ...{ rules: [rule], prerequisites: [{ flagKey: 'other', variant: '' }] },
};
const row = { userId: 'ada', role: '', organizationId: '', managedBy: '', effect: 'ALLOW', enabled: true };
const WHOLE: Readonly<Record<string, JsonValue>> = {
  'flag.create': { flag, put: [row] },
  'flag.set': { flag, access: [row], put: [row], removed: [] },
  'access.set': { access: [row], put: [row], removed: [] },
  'segment.set': { key: 'keen', name: 'Keen', conditions: { all: [condition] } },
  'stages.set': { stages: [{ name: 'trial', selfSettable: true }] },
  'organization.set': { roles: [{ name: 'pilot', inherits: ['manager'] }], strictRoles: true },
};

/** A state in which something that this release knows is another thing, or is not there. */
function older(state: JsonValue): fc.Arbitrary<JsonValue> {
  return fc
    .tuple(fc.constantFrom(...placesIn(state)), fc.option(fc.jsonValue(), { nil: undefined }))
    .map(([place, by]) => {
      const copy = structuredClone(state) as JsonValue;
      const within = place.slice(0, -1).reduce((at, step) => (at as Record<string, unknown>)[step], copy as unknown);
      const last = place.at(-1)!;
      if (by === undefined && Array.isArray(within)) within.splice(Number(last), 1);
      else if (by === undefined) delete (within as Record<string, unknown>)[last];
      else (within as Record<string, unknown>)[last] = by;
      return copy;
    });
}

function placesIn(value: unknown): string[][] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => [
    [name],
    ...placesIn(inner).map((place) => [name, ...place]),
  ]);
}

describe('the words of an entry', () => {
  it('say who gets a new flag, and what becomes of another', () => {
    const flags = { ...flag, owner: 'kim' };
    const words = entryWords({ action: 'flag.set', before: { flag }, after: { flag: flags } }, BY_KEY);
    expect(words).toEqual(['is looked after by "kim" instead of nobody']);
    expect(entryWords({ action: 'flag.create', before: null, after: { flag } }, BY_KEY)).toEqual([
      expect.stringMatching(
        /^who gets it: a random 50 % of everyone who .*report.*, for good, served on; where the flag/,
      ),
    ]);
  });

  it('are none of what an older release recorded, which is told as it is', () => {
    const { tags, ...old } = flag;
    const entry = { action: 'flag.create', before: null, after: { flag: old } };
    expect(entryWords(entry, BY_KEY)).toEqual([]);
    expect(shownEntry(entry).after).toEqual({ flag: old });
    const { earnedBy, distribution, ...oldRule } = rule;
    const withOldRule = { action: 'flag.create', before: null, after: { flag: { ...flag, rules: [oldRule] } } };
    expect(entryWords(withOldRule, BY_KEY)).toEqual([]);
    expect(shownEntry(withOldRule).after).toEqual({ flag: { ...flag, rules: [oldRule] } });
  });

  it('are those of the other rows, where somebody of whom there was one has been erased since', () => {
    const pilot = { ...row, userId: '', role: 'pilot' };
    const recorded = { access: [row], put: [{ ...row, effect: 'DENY' }, pilot], removed: [] };
    const entry = {
      action: 'access.set',
      target: 'export',
      actor: 'system',
      before: null,
      after: recorded,
      comment: '',
    };
    const words = (told: EntryStates) => entryWords(told, BY_KEY);
    const ofPilot = words({ ...entry, after: { ...recorded, put: [pilot] } });
    expect(ofPilot).toHaveLength(1);
    expect(words(entry)).toHaveLength(2);
    expect(words(erasedEntry(entry, 'ada'))).toEqual(ofPilot);
  });

  it('are found, and so are the fields, whatever an entry lacks or holds in its place', () => {
    const cases = fc.constantFrom(...Object.keys(WHOLE)).chain((action) => {
      const state = fc.oneof(fc.constant(WHOLE[action]!), fc.constant(null), older(WHOLE[action]!));
      return fc.record({ action: fc.constant(action), before: state, after: state });
    });
    fc.assert(
      fc.property(cases, (entry) => {
        const { before, after } = shownEntry(entry);
        expect(differences(before, after)).toBeInstanceOf(Array);
        expect(entryWords(entry, BY_KEY).every((line) => !line.includes('undefined'))).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });
});

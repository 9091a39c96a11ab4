import { describe, expect, it } from '@jest/globals';
import type { PreviewResult, PreviewSample } from '../../../../../src/protocol/gen/admin-json.js';
import { effectButFor } from './effect-but-for.js';

const sample = (user_id: string): PreviewSample => ({
  ...{ user_id, shortened: false, granted: false },
  ...{ rules: [], blocked_by: [] },
});

const found = (part: Partial<PreviewResult>): PreviewResult => ({
  ...{ would_unlock: [], would_lose: [], stay_on: [], stay_off: [], warnings: [] },
  ...{ blocked: 'BLOCKED_UNSPECIFIED', configuration_revision: 1 },
  counts: { would_unlock: 0, would_lose: 0, stay_on: 0, stay_off: 0 },
  ...part,
});
const counts = { would_unlock: 3, would_lose: 2, stay_on: 5, stay_off: 7 };
const flips = [
  ['would_unlock', { before: false, after: true }],
  ['would_lose', { before: true, after: false }],
  ['stay_on', { before: true, after: true }],
  ['stay_off', { before: false, after: false }],
] as const;

describe('the effect on others', () => {
  it.each(flips)('is without the person, in the group that they are in: %s', (group, flip) => {
    const result = found({ counts, [group]: [sample('ada')] });
    const others = effectButFor(result, { id: 'bob', stored: true, flip });
    expect(others).toEqual({ ...result, counts: { ...counts, [group]: counts[group] - 1 } });
  });

  it('names the person among nobody', () => {
    const would_unlock = [sample('ada'), sample('bob'), sample('eve')];
    const result = found({ counts, would_unlock });
    const others = effectButFor(result, { id: 'bob', stored: false, flip: { before: false, after: true } });
    expect(others.would_unlock).toEqual([sample('ada'), sample('eve')]);
    expect(others.counts).toEqual({ ...counts, would_unlock: 2 });
  });

  it.each([
    ['of whom nothing is stored', false, 3, [sample('ada')]],
    ['who is not among all that are named', true, 1, [sample('ada')]],
    ['where nobody is in their group', true, 0, []],
  ] as const)('is as it was found for somebody %s: they were not counted', (_who, stored, would_unlock, samples) => {
    const result = found({ counts: { ...counts, would_unlock }, would_unlock: [...samples] });
    expect(effectButFor(result, { id: 'bob', stored, flip: { before: false, after: true } })).toEqual(result);
  });
});

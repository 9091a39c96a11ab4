import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Segment } from '../../../src/protocol/gen/admin-json.js';
import {
  keepSegment,
  keptSegment,
  mergeSegment,
  rebaseSegment,
  reduceSegment,
  type SegmentAction,
  type SegmentDraft,
  savedSegment,
  segmentChanges,
  segmentContent,
  segmentDraftAfterRead,
  segmentDraftOf,
  segmentInput,
} from './segment-draft.js';
import { arbitraryConditions, arbitraryEdit } from './testing/arbitrary-draft.js';
import { isJsonObject, sameJson } from './values/json.js';

const segmentOf = (name: string, conditions: unknown, version = 3): Segment => ({
  key: 'known',
  id: 'seg_1',
  version,
  name,
  conditions: conditions as Record<string, unknown>,
});

const conditions = arbitraryConditions.filter(isJsonObject);
const segment = fc.tuple(fc.string({ maxLength: 8 }), conditions).map(([name, json]) => segmentOf(name, json));

const action: fc.Arbitrary<(draft: SegmentDraft) => SegmentAction> = fc.oneof(
  fc.string({ maxLength: 8 }).map((name) => () => ({ kind: 'name' as const, name })),
  arbitraryEdit.map((pick) => ({ now }: SegmentDraft) => ({ kind: 'edit' as const, edit: pick(now.conditions) })),
  conditions.map((json) => () => ({ kind: 'take' as const, name: 'old', conditions: json })),
  fc.constantFrom('undo' as const, 'redo' as const, 'discard' as const).map((kind) => () => ({ kind })),
);

const edited = (given: Segment, actions: readonly ((draft: SegmentDraft) => SegmentAction)[]): SegmentDraft =>
  actions.reduce((draft, next) => reduceSegment(draft, next(draft)), segmentDraftOf(given));

const contentOf = ({ base, now }: SegmentDraft) => segmentInput({ base: { ...base, version: 0 }, now });

describe('the draft of a segment', () => {
  it('goes back to where it began by undo, and forth by redo', () => {
    fc.assert(
      fc.property(segment, fc.array(action, { maxLength: 12 }), (given, actions) => {
        const draft = edited(given, actions);
        let back = draft;
        for (const _ of draft.past) back = reduceSegment(back, { kind: 'undo' });
        expect(segmentChanges(back)).toEqual([]);
        let forth = back;
        for (const _ of draft.past) forth = reduceSegment(forth, { kind: 'redo' });
        expect(contentOf(forth)).toEqual(contentOf(draft));
      }),
    );
  });

  it('is read as it was kept, and sends what it changes alone', () => {
    fc.assert(
      fc.property(segment, fc.array(action, { maxLength: 8 }), (given, actions) => {
        const draft = edited(given, actions);
        expect(contentOf(keptSegment(keepSegment(draft))!)).toEqual(contentOf(draft));
        expect(Object.keys(segmentInput(draft))).toEqual(segmentChanges(draft).map(({ field }) => field));
      }),
    );
    expect(keptSegment('{"version": 1}')).toBeUndefined();
  });

  it('has nothing to save once it is saved, and keeps what was edited since', () => {
    fc.assert(
      fc.property(segment, fc.array(action, { maxLength: 8 }), fc.string(), (given, actions, name) => {
        const draft = edited(given, actions);
        const { conditions: json, name: sent = '' } = contentOf(draft);
        const saved = segmentOf(sent ?? '', json, 4);
        expect(segmentChanges(savedSegment(draft, draft.now, saved))).toEqual([]);
        const since = reduceSegment(draft, { kind: 'name', name });
        expect(contentOf(savedSegment(since, draft.now, saved)).name).toBe(name);
        // A save whose answer was lost is found where the segment is read.
        expect(segmentDraftAfterRead(draft, saved).base.version).toBe(4);
        const [unsaved, other] = [segmentDraftAfterRead(since, saved), segmentDraftOf(saved)];
        expect(unsaved === since || sameJson(contentOf(unsaved), contentOf(other))).toBe(true);
      }),
    );
  });

  it('takes over what only they have changed, keeps what only it has, and asks where both have', () => {
    fc.assert(
      fc.property(segment, segment, fc.array(action, { maxLength: 6 }), (given, theirs, actions) => {
        const draft = edited(given, actions);
        const { conflicts } = mergeSegment(draft, segmentContent(theirs, draft.now), new Map());
        const [was, you] = [contentOf(segmentDraftOf(given)), contentOf(draft)];
        const they = contentOf(segmentDraftOf(theirs));
        const merged = contentOf(
          rebaseSegment(draft, theirs, new Map(conflicts.map(({ place }) => [place, 'theirs']))),
        );
        for (const field of ['name', 'conditions'] as const) {
          const mine = sameJson(was[field], they[field]) ? you[field] : they[field];
          expect(merged[field]).toEqual(mine);
          const both = [was[field], you[field]].every((each) => !sameJson(each, they[field]));
          const isConflict = both && !sameJson(was[field], you[field]);
          expect(conflicts.some(({ place }) => place === `/${field}`)).toBe(isConflict);
        }
      }),
    );
  });
});

import { useEffect, useReducer } from 'react';
import type { Segment } from '../../../../src/protocol/gen/admin-json.js';
import {
  keepSegment,
  keptSegment,
  rebaseSegment,
  reduceSegment,
  type SegmentAction,
  type SegmentContent,
  type SegmentDraft,
  savedSegment,
  segmentChanges,
  segmentDraftAfterRead,
} from '../../draft/segment-draft.js';
import type { Side } from '../../draft/values/merge-lists.js';
import { keepDraftText, keptDraftOf } from '../../parts/drafting/draft-store.js';

/** What can become of the page's draft: what is edited, and what the server has by now. */
export type SegmentPageAction =
  | SegmentAction
  /** The segment as it was saved, with what was sent. */
  | { readonly kind: 'saved'; readonly segment: Segment; readonly sent: SegmentContent }
  /** The segment as it was read anew; taken over where nothing is edited. */
  | { readonly kind: 'read'; readonly segment: Segment }
  /** Goes on from what another operator has saved. */
  | { readonly kind: 'rebase'; readonly segment: Segment; readonly choices: ReadonlyMap<string, Side> };

/** The draft of a segment, kept in this tab while it has unsaved changes. */
export function useSegmentDraft(
  first: SegmentDraft,
  segment: Segment | undefined,
): readonly [SegmentDraft, (action: SegmentPageAction) => void] {
  const place = placeOf(first);
  const [draft, dispatch] = useReducer(reducePage, first, (given) => keptFor(place, given) ?? given);
  useEffect(() => {
    if (segment !== undefined) dispatch({ kind: 'read', segment });
  }, [segment]);
  // At once, since a page that is closed or read anew does nothing more.
  useEffect(() => keep(place, draft), [place, draft]);
  return [draft, dispatch];
}

function reducePage(draft: SegmentDraft, action: SegmentPageAction): SegmentDraft {
  switch (action.kind) {
    case 'saved':
      return savedSegment(draft, action.sent, action.segment);
    case 'rebase':
      return rebaseSegment(draft, action.segment, action.choices);
    case 'read':
      return segmentDraftAfterRead(draft, action.segment);
    default:
      return reduceSegment(draft, action);
  }
}

function keep(place: string, draft: SegmentDraft): void {
  keepDraftText(place, segmentChanges(draft).length === 0 ? undefined : keepSegment(draft));
}

function placeOf({ base }: SegmentDraft): string {
  return base.id || 'new-segment';
}

/** Has what was sent of a draft be saved in the one that is kept, too: its page may have been left, and knows nothing of the answer. */
export function keepSavedSegment(draft: SegmentDraft, segment: Segment, sent: SegmentContent): void {
  const place = placeOf(draft);
  const kept = keptFor(place, draft);
  if (kept !== undefined) keep(place, savedSegment(kept, sent, segment));
}

function keptFor(place: string, { base }: SegmentDraft): SegmentDraft | undefined {
  const kept = keptDraftOf(place, keptSegment);
  return kept?.base.id === base.id ? kept : undefined;
}

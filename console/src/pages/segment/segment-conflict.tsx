import { useState } from 'react';
import type { Segment } from '../../../../src/protocol/gen/admin-json.js';
import { mergeSegment, type SegmentDraft, segmentContent } from '../../draft/segment-draft.js';
import type { Side } from '../../draft/values/merge-lists.js';
import { MergeDialog } from '../../parts/drafting/merge-dialog.js';
import { words } from '../../words/segments-words.js';

export interface SegmentConflictProps {
  readonly draft: SegmentDraft;
  /** As it is saved by now. */
  readonly segment: Segment;
  readonly onClose: () => void;
  readonly onMerge: (choices: ReadonlyMap<string, Side>) => void;
}

/** What somebody else has saved of the segment meanwhile, beside the draft. */
export default function SegmentConflict({ draft, segment, onClose, onMerge }: SegmentConflictProps) {
  const { conflict: text } = words.segments;
  const [choices, setChoices] = useState<ReadonlyMap<string, Side>>(new Map());
  const { conflicts } = mergeSegment(draft, segmentContent(segment, draft.now), choices);
  return (
    <MergeDialog
      title={text.title}
      conflicts={conflicts}
      nameOf={(place) => text.places[place] ?? place}
      wordsOf={(_, value) => (typeof value === 'string' ? `“${value}”` : JSON.stringify(value ?? text.nothing))}
      onChoose={(place, side) => setChoices(new Map([...choices, [place, side]]))}
      onMerge={() => onMerge(choices)}
      onClose={onClose}
    />
  );
}

import { useEffect } from 'react';
import type { Segment, SetSegmentResponse } from '../../../../src/protocol/gen/admin-json.js';
import { call } from '../../api/api.js';
import { placeAt } from '../../draft/conditions/condition-pointers.js';
import { missingInConditions } from '../../draft/flag/unfinished.js';
import { type SegmentContent, type SegmentDraft, segmentChanges, segmentInput } from '../../draft/segment-draft.js';
import { focusNode } from '../../parts/conditions/focus-node.js';
import { conditionWords } from '../../parts/drafting/fault-place.js';
import type { FaultPlace } from '../../parts/drafting/refusal.js';
import { BeforeAndAfter, ReviewFrame } from '../../parts/drafting/review-frame.js';
import { useMay } from '../../parts/page/session-context.js';
import { lostBy, useEffects } from '../../parts/preview/effects.js';
import { EffectsPanel } from '../../parts/preview/effects-panel.js';
import { words } from '../../words/segments-words.js';
import { useSegmentCheck } from './segment-check.js';

export interface SegmentReviewProps {
  readonly draft: SegmentDraft;
  /** The key of a segment that is new. */
  readonly segmentKey: string;
  readonly whyAtFirst: string;
  readonly onClose: () => void;
  readonly onSaved: (answer: SetSegmentResponse & { readonly segment: Segment }, sent: SegmentContent) => void;
  /** Somebody has saved the segment meanwhile. */
  readonly onConflict: () => void;
}

/** Says in words what saving comes to, and for whom of which flag, before it is done. */
export default function SegmentReview(props: SegmentReviewProps) {
  const { draft, segmentKey, whyAtFirst, onClose, onSaved, onConflict } = props;
  const { review: text } = words.segments;
  const changes = segmentChanges(draft);
  const decides = draft.base.version > 0 && changes.some(({ field }) => field === 'conditions');
  const mayPreview = useMay('PreviewRule');
  // What is unfinished is refused: saving it takes a flag from nobody.
  const finished = missingInConditions(draft.now.conditions) === undefined;
  const moves = decides && finished;
  const mayAsk = useMay('GetReferences') && mayPreview;
  const asks = mayAsk && moves;
  const { effects, outdated, start, stop } = useEffects(segmentKey, { renewed: asks });
  const input = JSON.stringify(segmentInput({ base: { ...draft.base, version: 0 }, now: draft.now }));
  useEffect(() => {
    if (asks) void start(JSON.parse(input));
  }, [asks, start, input]);
  // Until it has ended, nobody knows whom it takes a flag from; what could not be had, or was stopped, is shown.
  const losses = !moves ? 0 : !mayAsk ? 'unknown' : effects?.of === input && !outdated ? lostBy(effects) : 'asking';
  const save = async (why: string) => {
    const sent = draft.now;
    const answer = await call('PATCH /api/admin/segments/{segment_key}', {
      path: { segment_key: segmentKey },
      query: { expected_version: draft.base.version, ...(why === '' ? {} : { comment: why }) },
      body: { ...segmentInput(draft), ...(draft.base.id === '' ? {} : { id: draft.base.id }) },
    });
    if (answer.segment !== undefined) onSaved({ ...answer, segment: answer.segment }, sent);
  };
  const placeOf = (pointer: string): FaultPlace | undefined => {
    if (pointer === '/name') return { name: words.segments.name };
    if (!pointer.startsWith('/conditions')) return undefined;
    const { node } = placeAt(draft.now.conditions, pointer.slice('/conditions'.length));
    const onGo = () => {
      onClose();
      focusNode(node);
    };
    return { name: conditionWords(pointer), onGo };
  };
  return (
    <ReviewFrame
      title={text.title}
      what={text.what(segmentKey)}
      losses={losses}
      onAskAgain={mayAsk ? () => void start(JSON.parse(input)) : undefined}
      asks={text}
      whyAtFirst={whyAtFirst}
      placeOf={placeOf}
      onSave={save}
      onConflict={onConflict}
      onClose={onClose}
      effects={
        effects !== undefined && (
          <EffectsPanel
            effects={effects}
            outdated={effects.of !== input || outdated}
            onAgain={() => void start(JSON.parse(input))}
            onStop={stop}
          />
        )
      }
    >
      {changes.map(({ field, before, after }) => (
        <li key={field}>
          {field === 'name' ? (
            <bdi>{text.name(String(before), String(after))}</bdi>
          ) : (
            <InWords draft={draft} segmentKey={segmentKey} />
          )}
        </li>
      ))}
    </ReviewFrame>
  );
}

/** Who is in it, and who was, in the server's words. */
function InWords({ draft, segmentKey }: { readonly draft: SegmentDraft; readonly segmentKey: string }) {
  const before = useSegmentCheck(segmentKey, draft.base.content.conditions);
  const after = useSegmentCheck(segmentKey, draft.now.conditions);
  const missing = missingInConditions(draft.now.conditions);
  const unsaid = missing === undefined ? words.segments.saying : words.segments.missing[missing];
  const say = (check: typeof after) => check?.sentence?.text ?? check?.faults[0]?.message;
  return (
    <>
      {words.segments.columns.who}
      <BeforeAndAfter
        before={draft.base.version > 0 ? (say(before) ?? words.segments.saying) : undefined}
        after={say(after) ?? unsaid}
      />
    </>
  );
}

import { useMutation } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import type { Segment, SetSegmentResponse } from '../../../../src/protocol/gen/admin-json.js';
import { call } from '../../api/api.js';
import { ApiError } from '../../api/api-error.js';
import { type SegmentContent, type SegmentDraft, segmentChanges, segmentInput } from '../../draft/segment-draft.js';
import { Refusal } from '../../parts/drafting/refusal.js';
import { useMay } from '../../parts/session-context.js';
import { Button } from '../../ui/button.js';
import { Dialog } from '../../ui/dialog.js';
import { TextField } from '../../ui/field.js';
import { words } from '../../words/segments-words.js';
import { lostBy, useEffects } from './effects.js';
import { EffectsPanel } from './effects-panel.js';
import { useSegmentCheck } from './segment-check.js';
import '../../parts/drafting/review.css';

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
  const [why, setWhy] = useState(whyAtFirst);
  const [typed, setTyped] = useState('');
  const first = useRef<HTMLInputElement>(null);
  const changes = segmentChanges(draft);
  const decides = draft.base.version > 0 && changes.some(({ field }) => field === 'conditions');
  const mayPreview = useMay('PreviewRule');
  const asks = useMay('GetReferences') && mayPreview && decides;
  const { effects, start, stop } = useEffects(segmentKey);
  const input = JSON.stringify(segmentInput({ base: { ...draft.base, version: 0 }, now: draft.now }));
  useEffect(() => {
    if (asks) void start(JSON.parse(input));
  }, [asks, start, input]);
  const lost = lostBy(effects);
  // Until it has ended, nobody knows whom it takes a flag from; what could not be had, or was stopped, is shown.
  const known = !asks || (effects?.of === input && effects.ended);
  const confirmed = known && (lost === 0 || typed.replaceAll(/[,.\s]/g, '') === String(lost));
  const save = useMutation({
    mutationFn: async () => {
      const sent = draft.now;
      const answer = await call('PATCH /api/admin/segments/{segment_key}', {
        path: { segment_key: segmentKey },
        query: { expected_version: draft.base.version, ...(why.trim() === '' ? {} : { comment: why.trim() }) },
        body: { ...segmentInput(draft), ...(draft.base.id === '' ? {} : { id: draft.base.id }) },
      });
      return { answer, sent };
    },
    onSuccess: ({ answer, sent }) => {
      if (answer.segment !== undefined) onSaved({ ...answer, segment: answer.segment }, sent);
    },
    onError: (error) => {
      if (error instanceof ApiError && error.kind === 'conflict') onConflict();
    },
  });
  const submit = () => {
    if (confirmed && !save.isPending) save.mutate();
  };
  return (
    <Dialog
      open
      wide
      onClose={onClose}
      title={text.title}
      what={text.what(segmentKey)}
      initialFocus={first}
      actions={
        <>
          <Button onClick={onClose}>{words.dialog.cancel}</Button>
          <Button kind="primary" disabled={!confirmed || save.isPending} onClick={submit}>
            {save.isPending ? text.saving : text.save}
          </Button>
        </>
      }
    >
      {/* biome-ignore lint/a11y/noStaticElementInteractions: Ctrl+Enter saves from any of its fields */}
      <div
        className="review"
        onKeyDown={(event) => {
          if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
          event.preventDefault();
          submit();
        }}
      >
        <ul className="review-changes">
          {changes.map(({ field, before, after }) => (
            <li key={field}>
              {field === 'name' ? (
                <bdi>{text.name(String(before), String(after))}</bdi>
              ) : (
                <InWords draft={draft} segmentKey={segmentKey} />
              )}
            </li>
          ))}
        </ul>
        {effects !== undefined && (
          <EffectsPanel
            effects={effects}
            outdated={effects.of !== input}
            onAgain={() => void start(JSON.parse(input))}
            onStop={stop}
          />
        )}
        <Refusal error={save.error} />
        <TextField
          ref={first}
          label={text.why}
          value={why}
          maxLength={1_000}
          autoComplete="off"
          onChange={({ target }) => setWhy(target.value)}
        />
        {lost > 0 && (
          <TextField
            label={text.confirm}
            hint={text.toConfirm(String(lost))}
            value={typed}
            inputMode="numeric"
            autoComplete="off"
            onChange={({ target }) => setTyped(target.value)}
          />
        )}
      </div>
    </Dialog>
  );
}

/** Who is in it, and who was, in the server's words. */
function InWords({ draft, segmentKey }: { readonly draft: SegmentDraft; readonly segmentKey: string }) {
  const before = useSegmentCheck(segmentKey, draft.base.content.conditions);
  const after = useSegmentCheck(segmentKey, draft.now.conditions);
  const say = (check: typeof after) => check?.sentence?.text ?? check?.faults[0]?.message ?? words.segments.saying;
  return (
    <>
      {words.segments.columns.who}
      <div className="review-sentences">
        {draft.base.version > 0 && <del>{say(before)}</del>}
        <ins>{say(after)}</ins>
      </div>
    </>
  );
}

import { useQueryClient } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { Suspense, useState } from 'react';
import { missingInConditions } from '../../draft/flag/unfinished.js';
import { NO_SEGMENT, segmentDraftOn, segmentInput } from '../../draft/segment-draft.js';
import { later } from '../../parts/loading/later.js';
import { Allowed } from '../../parts/page/allowed.js';
import { PageHead } from '../../parts/page/page-head.js';
import { useMay } from '../../parts/page/session-context.js';
import { Button } from '../../ui/button.js';
import { TextField } from '../../ui/field.js';
import { BackIcon } from '../../ui/icons.js';
import { Coming } from '../../ui/page-states.js';
import { tell } from '../../ui/toasts.js';
import { words } from '../../words/segments-words.js';
import { Members } from './members.js';
import { SegmentFields } from './segment-fields.js';
import { keepSavedSegment, useSegmentDraft } from './use-segment-draft.js';
import '../../parts/list/page-line.css';
import './segment.css';

const SegmentReview = later(() => import('./segment-review.js'));
const route = getRouteApi('/segments/new');
const KEY = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

/** A segment that is yet to be made: its key, and who is in it. */
export function NewSegmentPage() {
  const { segments: text } = words;
  return (
    <>
      <Link to="/segments" search={{}} className="page-back">
        <BackIcon aria-hidden />
        {text.back}
      </Link>
      <PageHead name={text.newTitle} question={text.newQuestion} />
      <Allowed operation="SetSegment">
        <NewSegment />
      </Allowed>
    </>
  );
}

function NewSegment() {
  const { segments: text } = words;
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [draft, act] = useSegmentDraft(segmentDraftOn(NO_SEGMENT), undefined);
  const [key, setKey] = useState(route.useSearch().key ?? '');
  const [open, setOpen] = useState(false);
  const [taken, setTaken] = useState('');
  const fault =
    key !== '' && key === taken ? text.keyTaken(key) : key !== '' && !KEY.test(key) ? text.keyFault : undefined;
  const mayPreview = useMay('PreviewRule');
  const input = segmentInput(draft);
  const unfinished = missingInConditions(draft.now.conditions) !== undefined;
  return (
    <>
      <div className="segment-columns">
        <div className="segment-main">
          <div className="card">
            <TextField
              label={text.key}
              hint={text.keyHint}
              fault={fault}
              value={key}
              maxLength={128}
              autoComplete="off"
              spellCheck={false}
              onChange={({ target }) => setKey(target.value.trim())}
            />
          </div>
          <SegmentFields draft={draft} segmentKey={KEY.test(key) ? key : ''} mayChange onAction={act} />
          <div className="page-line">
            <Button kind="primary" disabled={key === '' || fault !== undefined} onClick={() => setOpen(true)}>
              {words.segments.review.title}
            </Button>
          </div>
        </div>
        <div className="segment-side">{mayPreview && <Members input={input} unfinished={unfinished} />}</div>
      </div>
      <Suspense fallback={<Coming />}>
        {open && (
          <SegmentReview
            draft={draft}
            segmentKey={key}
            whyAtFirst=""
            onClose={() => setOpen(false)}
            onSaved={({ segment }, sent) => {
              keepSavedSegment(draft, segment, sent);
              act({ kind: 'discard' });
              queries.setQueryData(['segment', segment.key], { segment });
              void queries.invalidateQueries({ queryKey: ['segments'] });
              void queries.invalidateQueries({ queryKey: ['vocabulary'] });
              tell({ kind: 'done', title: text.review.saved(segment.key, segment.version) });
              void navigate({ to: '/segments/$key', params: { key: segment.key }, search: {} });
            }}
            onConflict={() => {
              setTaken(key);
              setOpen(false);
            }}
          />
        )}
      </Suspense>
    </>
  );
}

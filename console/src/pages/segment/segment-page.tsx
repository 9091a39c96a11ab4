import { useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { Suspense, useRef, useState } from 'react';
import type { Segment } from '../../../../src/protocol/gen/admin-json.js';
import { call } from '../../api/api.js';
import { isAbsent } from '../../api/api-error.js';
import { missingInConditions } from '../../draft/flag/unfinished.js';
import { segmentChanges, segmentDraftOf, segmentInput } from '../../draft/segment-draft.js';
import type { JsonValue } from '../../draft/values/json.js';
import { CopyKey } from '../../parts/copy-key.js';
import { DraftBar } from '../../parts/drafting/draft-bar.js';
import { later } from '../../parts/loading/later.js';
import { Missing } from '../../parts/missing/missing.js';
import { Failure } from '../../parts/page/failure.js';
import { PageHead } from '../../parts/page/page-head.js';
import { PageTabs } from '../../parts/page/page-tabs.js';
import { useMay } from '../../parts/page/session-context.js';
import { useEffects } from '../../parts/preview/effects.js';
import { EffectsPanel } from '../../parts/preview/effects-panel.js';
import { Moment } from '../../parts/time/moment.js';
import { versionsOfSegment } from '../../parts/versions/version-source.js';
import { Versions } from '../../parts/versions/versions.js';
import { AddIcon, BackIcon, HistoryIcon } from '../../ui/icons.js';
import { Coming, Patiently, Skeleton } from '../../ui/page-states.js';
import { tell } from '../../ui/toasts.js';
import { missingWords } from '../../words/missing-words.js';
import { words } from '../../words/segments-words.js';
import { References } from '../flag/references.js';
import { DeleteSegment } from './delete-segment.js';
import { Members } from './members.js';
import { SegmentFields } from './segment-fields.js';
import { SEGMENT_TABS, type SegmentTab } from './segment-search.js';
import { keepSavedSegment, type SegmentPageAction, useSegmentDraft } from './use-segment-draft.js';
import '../../parts/list/page-line.css';
import './segment.css';

const SegmentReview = later(() => import('./segment-review.js'));
const SegmentConflict = later(() => import('./segment-conflict.js'));

const route = getRouteApi('/segments/$key');
const MOST = 100;

/** One segment: who is in it, what refers to it, and its conditions to change. */
export function SegmentPage() {
  const { key } = route.useParams();
  const mayMake = useMay('SetSegment');
  const mayLook = useMay('ListAudit');
  const { data, error, refetch } = useQuery({
    queryKey: ['segment', key],
    queryFn: ({ signal }) => call('GET /api/admin/segments/{segment_key}', { path: { segment_key: key }, signal }),
  });
  if (data?.segment !== undefined) return <LoadedPage key={data.segment.id} segment={data.segment} />;
  return (
    <>
      <Link to="/segments" search={{}} className="page-back">
        <BackIcon aria-hidden />
        {words.segments.back}
      </Link>
      <PageHead name={key} question={words.segments.question} />
      {error === null ? (
        <Patiently>
          <div className="page-body" aria-busy>
            {[70, 90, 55].map((width) => (
              <Skeleton key={width} width={`${width}%`} />
            ))}
          </div>
        </Patiently>
      ) : isAbsent(error) ? (
        <Missing
          kind="segment"
          id={key}
          make={
            <>
              {mayMake && (
                <Link to="/segments/new" search={{ key }} className="button button-primary">
                  <AddIcon aria-hidden />
                  {missingWords.make.segment}
                </Link>
              )}
              {mayLook && (
                <Link to="/history" search={{ kind: 'segment', subject: key }} className="button button-plain">
                  <HistoryIcon aria-hidden />
                  {missingWords.history}
                </Link>
              )}
            </>
          }
        />
      ) : (
        <Failure error={error} onAgain={() => void refetch()} />
      )}
    </>
  );
}

function LoadedPage({ segment }: { readonly segment: Segment }) {
  const { segments: text } = words;
  const queries = useQueryClient();
  const mayChange = useMay('SetSegment');
  const mayCount = useMay('PreviewRule');
  const mayPreview = useMay('GetReferences') && mayCount;
  const mayRead = { conditions: true, versions: useMay('ListVersions') } satisfies Record<SegmentTab, boolean>;
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const leave = useNavigate();
  const [draft, actOn] = useSegmentDraft(segmentDraftOf(segment), segment);
  const [open, setOpen] = useState<'review' | 'conflict'>();
  const [why, setWhy] = useState('');
  const act = (action: SegmentPageAction) => {
    if (action.kind === 'discard' || action.kind === 'saved') setWhy('');
    actOn(action);
  };
  const { data: referring } = useReferring(segment.key);
  const { effects, outdated, start, stop } = useEffects(segment.key);
  const input = segmentInput({ base: { ...draft.base, version: 0 }, now: draft.now });
  const conflict = draft.base.version !== segment.version;
  const tab = search.tab !== undefined && mayRead[search.tab] ? search.tab : 'conditions';
  const toConditions = () => void navigate({ search: {}, replace: true });
  const unfinished = missingInConditions(draft.now.conditions) !== undefined;
  const awaited = useRef(false);
  const runPreview = () => {
    awaited.current = true;
    if (tab !== 'conditions') toConditions();
    void start(input);
  };
  const name = segment.name === '' ? segment.key : segment.name;
  return (
    <>
      <Link to="/segments" search={{}} className="page-back">
        <BackIcon aria-hidden />
        {text.back}
      </Link>
      <PageHead name={name} question={text.question}>
        <div className="key-facts">
          <CopyKey of={segment.key} />
          <span>
            {text.version(segment.version)}, {text.changed} <Moment at={segment.updated_at} />
          </span>
        </div>
      </PageHead>
      <PageTabs
        label={text.partsOf(name)}
        present={tab}
        tabs={SEGMENT_TABS.filter((each) => mayRead[each]).map((each) => ({ name: each, label: text.tabs[each] }))}
      />
      {tab === 'conditions' ? (
        <div className="segment-columns">
          <div className="segment-main">
            <SegmentFields draft={draft} segmentKey={segment.key} mayChange={mayChange} onAction={act} />
            {effects !== undefined && (
              <EffectsPanel
                effects={effects}
                outdated={effects.of !== JSON.stringify(input) || outdated}
                awaited={awaited}
                onAgain={unfinished ? undefined : runPreview}
                onStop={stop}
              />
            )}
          </div>
          <div className="segment-side">
            {mayCount && <Members input={input} unfinished={unfinished} />}
            {referring !== undefined && <References references={referring.references} total={referring.total} />}
            {mayChange && (
              <DeleteSegment
                segment={segment}
                used={referring?.total}
                onDeleted={() => {
                  act({ kind: 'discard' });
                  void leave({ to: '/segments', search: {} });
                }}
              />
            )}
          </div>
        </div>
      ) : (
        <div className="segment-versions">
          <Versions
            source={versionsOfSegment(segment.key)}
            {...search}
            onSearch={(next) => void navigate({ search: { tab, ...next }, replace: true })}
            onRestore={
              mayChange
                ? ({ segment: old, version }) => {
                    if (old === undefined) return;
                    act({ kind: 'take', name: old.name, conditions: (old.conditions ?? {}) as JsonValue });
                    setWhy(text.review.restores(version));
                    toConditions();
                  }
                : undefined
            }
          />
        </div>
      )}
      {mayChange && (
        <DraftBar
          draft={draft}
          changes={segmentChanges(draft).length}
          conflict={conflict ? text.conflict.bar : undefined}
          mayPreview={mayPreview}
          unfinished={unfinished}
          onAction={act}
          onPreview={runPreview}
          onReview={() => setOpen(conflict ? 'conflict' : 'review')}
          onMerge={() => setOpen('conflict')}
        />
      )}
      <Suspense fallback={<Coming />}>
        {open === 'review' && (
          <SegmentReview
            draft={draft}
            segmentKey={segment.key}
            whyAtFirst={why}
            onClose={() => setOpen(undefined)}
            onSaved={(answer, sent) => {
              keepSavedSegment(draft, answer.segment, sent);
              act({ kind: 'saved', segment: answer.segment, sent });
              queries.setQueryData(['segment', segment.key], { segment: answer.segment });
              void queries.invalidateQueries({ queryKey: ['segments'] });
              setOpen(undefined);
              tell({
                kind: 'done',
                title: text.review.saved(answer.segment.key, answer.segment.version),
                ...(answer.backfill_ids.length === 0 ? {} : { what: text.review.backfill }),
              });
            }}
            onConflict={() => {
              void queries.invalidateQueries({ queryKey: ['segment', segment.key] }).then(() => setOpen('conflict'));
            }}
          />
        )}
        {open === 'conflict' && (
          <SegmentConflict
            draft={draft}
            segment={segment}
            onClose={() => setOpen(undefined)}
            onMerge={(choices) => {
              act({ kind: 'rebase', segment, choices });
              setOpen('review');
            }}
          />
        )}
      </Suspense>
    </>
  );
}

/** What refers to a segment; asked again when any flag or segment changes. */
function useReferring(key: string) {
  return useQuery({
    queryKey: ['references', 'segment', key],
    queryFn: ({ signal }) =>
      call('GET /api/admin/segments/{segment_key}/references', {
        path: { segment_key: key },
        query: { page_size: MOST },
        signal,
      }),
    enabled: useMay('GetReferences'),
  });
}

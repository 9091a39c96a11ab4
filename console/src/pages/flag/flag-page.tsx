import { useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { Suspense, useRef, useState } from 'react';
import type { FeatureFlag } from '../../../../src/protocol/gen/admin-json.js';
import { call } from '../../api/api.js';
import { isAbsent } from '../../api/api-error.js';
import { putAnswer } from '../../api/put-answer.js';
import { contentOf } from '../../draft/flag/flag-content.js';
import { rebaseDraft, unsavedChanges } from '../../draft/flag/flag-draft.js';
import type { ChangedRows } from '../../draft/flag/merge-rows.js';
import { draftInput } from '../../draft/flag/save-request.js';
import { isUnfinished } from '../../draft/flag/unfinished.js';
import { focusNode } from '../../parts/conditions/focus-node.js';
import { useVocabulary } from '../../parts/conditions/use-vocabulary.js';
import { CopyKey } from '../../parts/copy-key.js';
import { DraftBar } from '../../parts/drafting/draft-bar.js';
import { later, useAhead } from '../../parts/loading/later.js';
import { Optional } from '../../parts/loading/optional.js';
import { Missing } from '../../parts/missing/missing.js';
import { Failure } from '../../parts/page/failure.js';
import { PageHead } from '../../parts/page/page-head.js';
import { PageTabs } from '../../parts/page/page-tabs.js';
import { useMay, useMayMakeFlags } from '../../parts/page/session-context.js';
import { PreviewPanel } from '../../parts/preview/preview-panel.js';
import { previewOf, usePreview } from '../../parts/preview/preview-stream.js';
import { withLocalInstants } from '../../parts/time/instant.js';
import { Moment } from '../../parts/time/moment.js';
import { versionsOfFlag } from '../../parts/versions/version-source.js';
import { AddIcon, BackIcon } from '../../ui/icons.js';
import { Coming, Patiently, Skeleton } from '../../ui/page-states.js';
import { tell } from '../../ui/toasts.js';
import { words } from '../../words/flag-parts-words.js';
import { missingWords } from '../../words/missing-words.js';
import { AboutFields } from './about-fields.js';
import { FLAG_TABS, type FlagTab } from './flag-search.js';
import { Ladder } from './ladder.js';
import { References, useReferences } from './references.js';
import { RowsLine } from './rows-line.js';
import { keepPinned, readPinned } from './trying/pinned.js';
import { ToldCard } from './trying/told-card.js';
import { TryOn } from './trying/try-on.js';
import { BackfillPanel } from './unlocks/backfill-panel.js';
import { keepSaved, useFlagDraft } from './use-flag-draft.js';
import '../../parts/list/page-line.css';
import './flag-page.css';

const ReviewDialog = later(() => import('./review/review-dialog.js'));
const ConflictDialog = later(() => import('./review/conflict-dialog.js'));
const AccessTab = later(() => import('./access/access-tab.js'));
const UnlocksTab = later(() => import('./unlocks/unlocks-tab.js'));
const UseTab = later(() => import('./use/use-tab.js'));
const Versions = later(() =>
  import('../../parts/versions/versions.js').then(({ Versions }) => ({ default: Versions })),
);

const route = getRouteApi('/flags/$key');

/** One flag: who has it and why, and everything of it to change. */
export function FlagPage() {
  const { key } = route.useParams();
  const mayMake = useMayMakeFlags();
  const { data, error, refetch } = useQuery({
    queryKey: ['flag', key],
    queryFn: ({ signal }) => call('GET /api/admin/flags/{flag}', { path: { flag: key }, signal }),
  });
  if (data?.flag !== undefined) return <LoadedPage key={data.flag.id} flag={data.flag} />;
  return (
    <>
      <Link to="/flags" search={{}} className="page-back">
        <BackIcon aria-hidden />
        {words.flag.back}
      </Link>
      <PageHead name={key} question={words.flag.question} />
      {error === null ? (
        <Patiently>
          <div className="flag-loading" aria-busy>
            {[70, 90, 55].map((width) => (
              <Skeleton key={width} width={`${width}%`} />
            ))}
          </div>
        </Patiently>
      ) : isAbsent(error) ? (
        <Missing
          kind="flag"
          id={key}
          make={
            mayMake && (
              <Link to="/flags/new" search={{ key }} className="button button-primary">
                <AddIcon aria-hidden />
                {missingWords.make.flag}
              </Link>
            )
          }
        />
      ) : (
        <Failure error={error} onAgain={() => void refetch()} />
      )}
    </>
  );
}

function LoadedPage({ flag }: { readonly flag: FeatureFlag }) {
  useAhead(ReviewDialog, AccessTab, UnlocksTab, UseTab, Versions);
  const queries = useQueryClient();
  const mayChange = useMay('SetFlag');
  const mayTry = useMay('TryFlag');
  const mayPreview = useMay('PreviewRule');
  const vocabulary = useVocabulary();
  const mayRead = {
    ...{ rules: true, use: true, versions: useMay('ListVersions') },
    ...{ access: useMay('ListAccess'), unlocks: useMay('ListFlagUnlocks') },
  } satisfies Record<FlagTab, boolean>;
  const mayTell = useMay('GetRequirements');
  const mayBackfills = useMay('ListBackfills');
  const [pinned, setPinned] = useState(readPinned);
  const pin = (ids: readonly string[]) => {
    setPinned(ids);
    keepPinned(ids);
  };
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const [draft, act] = useFlagDraft(flag);
  const { data: referring } = useReferences(flag.key, useMay('GetReferences'));
  const [open, setOpen] = useState<'review' | 'conflict'>();
  const [changedRows, setChangedRows] = useState<ChangedRows>();
  const { preview, outdated, start, stop } = usePreview(flag.key);
  const input = previewOf(draftInput(draft), 'KEEP');
  const sentences = new Map(flag.rules.map(({ id, sentence }) => [id, sentence]));
  const [revealed, setRevealed] = useState<{ readonly rule: string }>();
  const conflict = draft.base.version !== flag.version;
  const tab = search.tab !== undefined && mayRead[search.tab] ? search.tab : 'rules';
  const toRules = () => void navigate({ search: {}, replace: true });
  const unfinished = isUnfinished(draft.now.flag);
  const awaited = useRef(false);
  const runPreview = () => {
    awaited.current = true;
    if (tab !== 'rules' && tab !== 'access') toRules();
    void start(input);
  };
  const panel = preview !== undefined && (
    <PreviewPanel
      preview={preview}
      outdated={preview.of !== input || outdated}
      awaited={awaited}
      onAgain={unfinished ? undefined : runPreview}
      onStop={stop}
    />
  );
  return (
    <>
      <Link to="/flags" search={{}} className="page-back">
        <BackIcon aria-hidden />
        {words.flag.back}
      </Link>
      <PageHead name={flag.name} question={withLocalInstants(flag.sentence)}>
        <div className="key-facts">
          <CopyKey of={flag.key} />
          <span>
            {words.flag.version(flag.version)}, {words.flag.changed} <Moment at={flag.updated_at} />
          </span>
        </div>
      </PageHead>
      <PageTabs
        label={words.flagParts.partsOf(flag.name)}
        present={tab}
        tabs={FLAG_TABS.filter((name) => mayRead[name]).map((name) => ({ name, label: words.flagParts.tabs[name] }))}
      />
      {mayBackfills && tab !== 'unlocks' && <BackfillPanel flag={flag} />}
      {tab === 'rules' && (
        <div className="flag-columns">
          <div className="flag-main">
            <Ladder
              draft={draft}
              sentences={sentences}
              salt={flag.salt}
              vocabulary={vocabulary}
              mayChange={mayChange}
              editFirst={search.edit === true}
              revealed={revealed}
              rows={mayRead.access && <RowsLine pending={draft.now.rows.length} />}
              onAction={act}
            />
            {panel}
          </div>
          <div className="flag-side">
            {mayTry && <TryOn draft={draft} pinned={pinned} onPin={pin} />}
            {mayTell && <ToldCard flag={flag} pinned={pinned} />}
            {referring !== undefined && <References references={referring.references} total={referring.total} />}
            <AboutFields
              flag={draft.now.flag}
              dependents={referring?.references.filter(({ archived }) => !archived).length ?? 0}
              mayChange={mayChange}
              onAction={act}
            />
          </div>
        </div>
      )}
      {tab !== 'rules' && (
        <div className="flag-part">
          <Suspense fallback={<Coming />}>
            {tab === 'access' && (
              <>
                {panel}
                <AccessTab
                  flagKey={flag.key}
                  search={search}
                  onSearch={(next) => void navigate({ search: { tab, ...next }, replace: true })}
                  draft={draft}
                  vocabulary={vocabulary}
                  mayChange={mayChange}
                  onAction={act}
                />
              </>
            )}
            {tab === 'unlocks' && <UnlocksTab flag={flag} />}
            {tab === 'use' && <UseTab flag={flag} />}
            {tab === 'versions' && (
              <Versions
                source={versionsOfFlag(flag.key)}
                {...search}
                onSearch={(next) => void navigate({ search: { tab, ...next }, replace: true })}
                onRestore={
                  mayChange
                    ? ({ flag: old, version }) => {
                        if (old === undefined) return;
                        const why = words.flagParts.restores(version);
                        act({ kind: 'replace', flag: contentOf(old, draft.now.flag), why });
                        toRules();
                      }
                    : undefined
                }
              />
            )}
          </Suspense>
        </div>
      )}
      {mayChange && (
        <DraftBar
          draft={draft}
          changes={unsavedChanges(draft).length}
          conflict={conflict ? words.flag.conflictBar : undefined}
          mayPreview={mayPreview}
          unfinished={unfinished}
          onAction={act}
          onPreview={runPreview}
          onReview={() => setOpen(conflict ? 'conflict' : 'review')}
          onMerge={() => setOpen('conflict')}
        />
      )}
      <Optional key={open} onFailed={() => setOpen(undefined)}>
        {open === 'review' && (
          <ReviewDialog
            draft={draft}
            sentences={sentences}
            whyAtFirst={draft.now.why ?? ''}
            onClose={() => setOpen(undefined)}
            onGo={({ rule, node }) => {
              setOpen(undefined);
              toRules();
              setRevealed({ rule });
              focusNode(node ?? rule);
            }}
            onSaved={(answer, sent) => {
              keepSaved(answer.flag, sent);
              act({ kind: 'saved', flag: answer.flag, sent });
              putAnswer(queries, ['flag', flag.key], { flag: answer.flag });
              for (const about of [['flags'], ['access', flag.key], ['backfills'], ['user'], ['try']]) {
                void queries.invalidateQueries({ queryKey: about });
              }
              setOpen(undefined);
              tell({
                kind: 'done',
                title: words.flag.saved(answer.flag.key, answer.flag.version),
                ...(answer.backfill_id === '' ? {} : { what: words.flag.backfill }),
              });
            }}
            onConflict={(rows) => {
              setChangedRows(rows);
              void queries.invalidateQueries({ queryKey: ['flag', flag.key] }).then(() => setOpen('conflict'));
            }}
          />
        )}
        {open === 'conflict' && (
          <ConflictDialog
            draft={draft}
            flag={flag}
            rows={changedRows}
            onClose={() => setOpen(undefined)}
            onMerge={(base, choices) => {
              act({ kind: 'rebase', base, choices, rows: changedRows });
              setChangedRows(undefined);
              // All of it may be saved already, by a save whose answer was lost.
              const done = unsavedChanges(rebaseDraft(draft, base, choices, changedRows)).length === 0;
              setOpen(done ? undefined : 'review');
            }}
          />
        )}
      </Optional>
    </>
  );
}

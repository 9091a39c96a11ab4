import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useCallback, useMemo } from 'react';
import { apiUrl, call } from '../../api/api.js';
import { Failure } from '../../parts/page/failure.js';
import { PageHead } from '../../parts/page/page-head.js';
import { useMay } from '../../parts/page/session-context.js';
import { Button } from '../../ui/button.js';
import { DownloadIcon, HistoryIcon } from '../../ui/icons.js';
import { Notice, Patiently, Skeleton } from '../../ui/page-states.js';
import { words } from '../../words/history-words.js';
import { EntryDetails } from './entry-details.js';
import { EntryList } from './entry-list.js';
import { HistoryFilters } from './history-filters.js';
import { auditQuery, changedSearch, faultOfDays, type HistorySearch, isFiltered } from './history-search.js';
import './history.css';
import { serverNow } from '../../api/server-clock.js';

const PAGE = 50;
const route = getRouteApi('/history');

/** Who changed what, when and why; and undoing it. */
export function HistoryPage() {
  const { history, pages } = words;
  const search = route.useSearch();
  const { entry, ...filters } = search;
  const navigate = route.useNavigate();
  const mayExport = useMay('ExportAudit');
  const change = useCallback((next: HistorySearch) => void navigate({ search: () => next, replace: true }), [navigate]);
  const daysFault = faultOfDays(filters, new Date());
  const result = useInfiniteQuery({
    enabled: daysFault === undefined,
    queryKey: ['audit', 'list', filters],
    initialPageParam: '',
    queryFn: ({ pageParam, signal }) =>
      call('GET /api/admin/audit', {
        query: { ...auditQuery(filters, new Date(serverNow())), page_size: PAGE, page_token: pageParam },
        signal,
      }),
    getNextPageParam: ({ next_page_token }) => (next_page_token === '' ? undefined : next_page_token),
    placeholderData: keepPreviousData,
  });
  const { data, error, refetch, hasNextPage, isFetchingNextPage, fetchNextPage, isPlaceholderData } = result;
  const entries = useMemo(() => data?.pages.flatMap((page) => page.entries), [data]);

  const body = () => {
    if (daysFault !== undefined) return <Notice role="status" icon={<HistoryIcon />} title={history.days[daysFault]} />;
    if (error !== null && (entries === undefined || isPlaceholderData))
      return <Failure error={error} onAgain={() => void refetch()} />;
    if (entries === undefined)
      return (
        <Patiently>
          <div className="history-list" aria-hidden>
            {[70, 52, 64, 40].map((width) => (
              <Skeleton key={width} width={`${width}%`} />
            ))}
          </div>
        </Patiently>
      );
    if (entries.length === 0 && !hasNextPage)
      return isFiltered(search) ? (
        <Notice
          role="status"
          icon={<HistoryIcon />}
          title={history.noMatch}
          actions={<Button onClick={() => change({})}>{history.clear}</Button>}
        >
          <p>{history.noMatchWhat}</p>
        </Notice>
      ) : (
        <Notice role="status" icon={<HistoryIcon />} title={history.empty}>
          <p>{history.emptyWhat}</p>
        </Notice>
      );
    return (
      <>
        <EntryList
          entries={entries}
          open={entry}
          stale={isPlaceholderData}
          onOpen={(id) => change(changedSearch(search, { entry: id }))}
        />
        <div className="history-more">
          {hasNextPage ? (
            <Button disabled={isFetchingNextPage} onClick={() => void fetchNextPage()}>
              {isFetchingNextPage ? history.seeking : history.more}
            </Button>
          ) : (
            <p>{history.end}</p>
          )}
        </div>
      </>
    );
  };

  return (
    <>
      <PageHead name={pages.history.name} question={pages.history.question}>
        {mayExport && (
          <a className="button button-plain" href={exportUrl(filters)} download="audit.jsonl">
            <DownloadIcon aria-hidden />
            {history.export}
          </a>
        )}
      </PageHead>
      <HistoryFilters search={search} onChange={change} />
      {entry !== undefined &&
        (entries !== undefined || error !== null) &&
        entries?.some(({ id }) => id === entry) !== true && (
          <section className="history-linked" aria-label={history.linked}>
            <h2>{history.linked}</h2>
            <EntryDetails id={entry} />
          </section>
        )}
      {body()}
    </>
  );
}

/** Where the browser itself fetches the export, so that it may be larger than what a page holds. It knows all filters but text. */
function exportUrl(filters: HistorySearch): string {
  const { q: _, ...rest } = filters;
  return `${apiUrl('/api/admin/audit.jsonl')}?${new URLSearchParams(auditQuery(rest, new Date(serverNow())))}`;
}

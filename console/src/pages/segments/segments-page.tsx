import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import type { Segment } from '../../../../src/protocol/gen/admin-json.js';
import { call } from '../../api/api.js';
import { More } from '../../parts/list/more.js';
import { usePaged } from '../../parts/list/paged.js';
import { PlainTable } from '../../parts/list/plain-table.js';
import { TextFilter } from '../../parts/list/text-filter.js';
import { Allowed } from '../../parts/page/allowed.js';
import { PageHead } from '../../parts/page/page-head.js';
import { useMay } from '../../parts/page/session-context.js';
import { Unanswered } from '../../parts/page/unanswered.js';
import { Instant } from '../../parts/time/instant.js';
import { Button } from '../../ui/button.js';
import { AddIcon, FindIcon, SegmentIcon } from '../../ui/icons.js';
import { Notice } from '../../ui/page-states.js';
import { words } from '../../words/segments-words.js';
import '../../parts/list/page-line.css';
import './segments.css';

const route = getRouteApi('/segments');
/** So few that each can be said in words at once. */
const PAGE = 20;

/** Which audiences have a name, and who uses them. */
export function SegmentsPage() {
  return (
    <Allowed operation="ListSegments">
      <SegmentList />
    </Allowed>
  );
}

function SegmentList() {
  const { segments: text } = words;
  const { q = '' } = route.useSearch();
  const navigate = route.useNavigate();
  const mayChange = useMay('SetSegment');
  const { data, error, refetch, hasNextPage, ...pages } = usePaged(['segments', 'list', q], (page_token, signal) =>
    call('GET /api/admin/segments', { query: { q, page_token, page_size: PAGE }, signal }),
  );
  const rows = data?.pages.flatMap(({ segments }) => segments) ?? [];
  const search = (next: string) => void navigate({ search: next === '' ? {} : { q: next }, replace: true });
  const add = mayChange && (
    <Link to="/segments/new" className="button button-primary">
      <AddIcon aria-hidden />
      {text.add}
    </Link>
  );

  const body = () => {
    if (data === undefined) return <Unanswered error={error} onAgain={() => void refetch()} />;
    if (rows.length === 0 && !hasNextPage && q !== '')
      return (
        <Notice
          role="status"
          icon={<FindIcon />}
          title={text.noMatch}
          actions={<Button onClick={() => search('')}>{text.clear}</Button>}
        >
          <p>{text.noMatchWhat(q)}</p>
        </Notice>
      );
    if (rows.length === 0 && !hasNextPage)
      return (
        <Notice icon={<SegmentIcon />} title={text.empty} actions={add}>
          <p>{text.emptyWhat}</p>
        </Notice>
      );
    return (
      <PlainTable
        name={text.table}
        columns={[
          { key: 'segment', name: text.columns.segment },
          { key: 'who', name: text.columns.who },
          { key: 'used', name: text.columns.used },
          { key: 'changed', name: text.columns.changed },
        ]}
        rows={rows.map((segment) => ({
          key: segment.key,
          cells: {
            segment: (
              <>
                <Link to="/segments/$key" params={{ key: segment.key }} search={{}}>
                  <bdi>{segment.name === '' ? segment.key : segment.name}</bdi>
                </Link>
                <code className="segment-key">{segment.key}</code>
              </>
            ),
            who: <Who segment={segment} />,
            used: <Used segmentKey={segment.key} />,
            changed: <Instant at={segment.updated_at} />,
          },
        }))}
      />
    );
  };

  return (
    <>
      <PageHead name={words.pages.segments.name} question={words.pages.segments.question}>
        {rows.length > 0 || q !== '' ? add : null}
      </PageHead>
      <div className="page-body">
        <search className="page-line">
          <TextFilter label={text.filter} placeholder={text.filterWhat} value={q} onChange={search} />
        </search>
        {body()}
        <More hasNextPage={hasNextPage} {...pages} />
      </div>
    </>
  );
}

/** Whom a segment holds for, in the server's words. */
function Who({ segment: { key, version, conditions = {} } }: { readonly segment: Segment }) {
  const { data, error } = useQuery({
    queryKey: ['segment', key, 'sentence', version],
    queryFn: ({ signal }) => call('POST /api/admin/conditions/check', { body: { segment: key, conditions }, signal }),
    enabled: useMay('CheckConditions'),
    staleTime: 60_000,
  });
  if (data?.sentence !== undefined) return <bdi>{data.sentence.text}</bdi>;
  if (data !== undefined)
    return <span className="segment-fault">{data.faults[0]?.message ?? words.segments.unsaid}</span>;
  return error === null ? <span className="soft">{words.segments.saying}</span> : error.message;
}

/** In how many places a segment is referred to. */
function Used({ segmentKey }: { readonly segmentKey: string }) {
  const { data } = useQuery({
    queryKey: ['references', 'segment', segmentKey, 'total'],
    queryFn: ({ signal }) =>
      call('GET /api/admin/segments/{segment_key}/references', {
        path: { segment_key: segmentKey },
        query: { page_size: 1 },
        signal,
      }),
    enabled: useMay('GetReferences'),
    staleTime: 60_000,
  });
  if (data === undefined) return null;
  return data.total === 0 ? <span className="soft">{words.segments.unused}</span> : words.segments.used(data.total);
}

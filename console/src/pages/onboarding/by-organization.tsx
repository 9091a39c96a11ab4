import { getRouteApi, Link } from '@tanstack/react-router';
import { call } from '../../api/api.js';
import { usePaged } from '../../parts/list/paged.js';
import { PlainTable } from '../../parts/list/plain-table.js';
import { TextFilter } from '../../parts/list/text-filter.js';
import { Failure } from '../../parts/page/failure.js';
import { Button } from '../../ui/button.js';
import { Patiently } from '../../ui/page-states.js';
import { words } from '../../words/customers-words.js';

const route = getRouteApi('/onboarding');

/** How many members of each organization reached each stage. */
export default function ByOrganization() {
  const { onboarding: text } = words;
  const { q = '' } = route.useSearch();
  const navigate = route.useNavigate();
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = usePaged(
    ['onboarding', 'funnels', q],
    (page_token, signal) => call('GET /api/admin/funnels', { query: { q, page_token, page_size: 50 }, signal }),
  );
  const funnels = data?.pages.flatMap((page) => page.funnels) ?? [];
  const stages = funnels[0]?.stages.map(({ stage }) => stage) ?? [];
  return (
    <>
      <search className="page-line">
        <TextFilter
          label={words.organizations.find}
          placeholder={text.findOrganization}
          value={q}
          onChange={(next) =>
            void navigate({ search: { tab: 'organizations', ...(next === '' ? {} : { q: next }) }, replace: true })
          }
        />
      </search>
      {data === undefined &&
        (error === null ? (
          <Patiently>{words.states.loading}</Patiently>
        ) : (
          <Failure error={error} onAgain={() => void refetch()} />
        ))}
      {data !== undefined && funnels.length === 0 && !hasNextPage && <p className="page-what">{text.nobody}</p>}
      {funnels.length > 0 && (
        <div className="wide-table">
          <PlainTable
            name={text.organizations}
            columns={[
              { key: 'organization', name: text.organization },
              ...stages.map((name, at) => ({ key: String(at), name, numbers: true })),
            ]}
            rows={funnels.map(({ organization_id, stages: of }) => ({
              key: organization_id,
              cells: {
                organization: (
                  <Link to="/organizations/$id" params={{ id: organization_id }} search={{ tab: 'onboarding' }}>
                    <bdi>{organization_id}</bdi>
                  </Link>
                ),
                ...Object.fromEntries(of.map(({ reached }, at) => [String(at), words.number(reached)])),
              },
            }))}
          />
        </div>
      )}
      {hasNextPage && (
        <div className="page-line">
          <Button disabled={isFetchingNextPage} onClick={() => void fetchNextPage()}>
            {text.more}
          </Button>
        </div>
      )}
    </>
  );
}

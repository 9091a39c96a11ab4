import { getRouteApi, Link } from '@tanstack/react-router';
import { call } from '../../api/api.js';
import { More } from '../../parts/list/more.js';
import { usePaged } from '../../parts/list/paged.js';
import { PlainTable } from '../../parts/list/plain-table.js';
import { TextFilter } from '../../parts/list/text-filter.js';
import { Unanswered } from '../../parts/page/unanswered.js';
import { words } from '../../words/customers-words.js';

const route = getRouteApi('/onboarding');

/** How many members of each organization reached each stage. */
export default function ByOrganization() {
  const { onboarding: text } = words;
  const { q = '' } = route.useSearch();
  const navigate = route.useNavigate();
  const { data, error, refetch, hasNextPage, ...pages } = usePaged(['onboarding', 'funnels', q], (page_token, signal) =>
    call('GET /api/admin/funnels', { query: { q, page_token, page_size: 50 }, signal }),
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
      {data === undefined && <Unanswered error={error} onAgain={() => void refetch()} />}
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
      <More hasNextPage={hasNextPage} {...pages} />
    </>
  );
}

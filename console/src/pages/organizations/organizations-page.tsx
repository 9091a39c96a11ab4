import { getRouteApi, Link, Navigate } from '@tanstack/react-router';
import { useState } from 'react';
import { call } from '../../api/api.js';
import { More } from '../../parts/list/more.js';
import { usePaged } from '../../parts/list/paged.js';
import { PlainTable } from '../../parts/list/plain-table.js';
import { TextFilter } from '../../parts/list/text-filter.js';
import { later } from '../../parts/loading/later.js';
import { Optional } from '../../parts/loading/optional.js';
import { PageHead } from '../../parts/page/page-head.js';
import { useMay, useSession } from '../../parts/page/session-context.js';
import { Unanswered } from '../../parts/page/unanswered.js';
import { Button } from '../../ui/button.js';
import { AddIcon, FindIcon, OrganizationIcon } from '../../ui/icons.js';
import { Notice } from '../../ui/page-states.js';
import { words } from '../../words/customers-words.js';
import '../../parts/list/page-line.css';

const NewOrganization = later(() => import('./new-organization.js'));

const route = getRouteApi('/organizations');
/** Where the server counts members no further. */
const MANY = 1_000;

/** The list of customers. Who administers one of them alone is shown that one. */
export function OrganizationsPage() {
  const { caller } = useSession();
  if (caller.organization_id !== '')
    return <Navigate to="/organizations/$id" params={{ id: caller.organization_id }} search={{}} replace />;
  return <OrganizationList />;
}

function OrganizationList() {
  const { q = '' } = route.useSearch();
  const navigate = route.useNavigate();
  const mayMake = useMay('SetOrganization');
  const [making, setMaking] = useState(false);
  const { data, error, refetch, hasNextPage, ...pages } = usePaged(['organizations', 'list', q], (page_token, signal) =>
    call('GET /api/admin/organizations', { query: { q, page_token, page_size: 50, count_members: true }, signal }),
  );
  const rows = data?.pages.flatMap(({ organizations }) => organizations) ?? [];
  const add = mayMake && (
    <Button kind="primary" icon={<AddIcon aria-hidden />} onClick={() => setMaking(true)}>
      {words.organizations.add}
    </Button>
  );
  const search = (next: string) => void navigate({ search: next === '' ? {} : { q: next }, replace: true });

  const body = () => {
    if (data === undefined) return <Unanswered error={error} onAgain={() => void refetch()} />;
    if (rows.length === 0 && !hasNextPage && q !== '')
      return (
        <Notice
          role="status"
          icon={<FindIcon />}
          title={words.organizations.noMatch}
          actions={<Button onClick={() => search('')}>{words.organizations.clear}</Button>}
        >
          <p>{words.organizations.noMatchWhat(q)}</p>
        </Notice>
      );
    if (rows.length === 0 && !hasNextPage)
      return (
        <Notice icon={<OrganizationIcon />} title={words.organizations.empty} actions={add}>
          <p>{words.organizations.emptyWhat}</p>
        </Notice>
      );
    return (
      <PlainTable
        name={words.organizations.table}
        columns={[
          { key: 'id', name: words.organizations.columns.organization },
          { key: 'members', name: words.organizations.columns.members, numbers: true },
          { key: 'roles', name: words.organizations.columns.roles, numbers: true },
          { key: 'strict', name: words.organizations.columns.strict },
        ]}
        rows={rows.map(({ id, members = 0, own_roles, strict_roles, version }) => ({
          key: id,
          cells: {
            id: (
              <Link to="/organizations/$id" params={{ id }} search={{}}>
                <bdi>{id}</bdi>
              </Link>
            ),
            members: members >= MANY ? words.organizations.membersMany(MANY) : words.number(members),
            roles: words.number(own_roles),
            strict: strict_roles ? (
              <span className="badge">{words.organizations.strict}</span>
            ) : (
              <span className="soft">
                {version === 0 ? words.organizations.undescribed : words.organizations.notStrict}
              </span>
            ),
          },
        }))}
      />
    );
  };

  return (
    <>
      <PageHead name={words.pages.organizations.name} question={words.pages.organizations.question}>
        {rows.length > 0 || q !== '' ? add : null}
      </PageHead>
      <div className="page-body">
        <search className="page-line">
          <TextFilter
            label={words.organizations.find}
            placeholder={words.organizations.findWhat}
            value={q}
            onChange={search}
          />
        </search>
        {body()}
        <More hasNextPage={hasNextPage} {...pages} />
      </div>
      <Optional key={String(making)} onFailed={() => setMaking(false)}>
        {making && <NewOrganization onClose={() => setMaking(false)} />}
      </Optional>
    </>
  );
}

import { getRouteApi } from '@tanstack/react-router';
import { useState } from 'react';
import { call } from '../../api/api.js';
import { UNTOLD_MS } from '../../api/query-client.js';
import { More } from '../../parts/list/more.js';
import { usePaged } from '../../parts/list/paged.js';
import { PlainTable } from '../../parts/list/plain-table.js';
import { TextFilter } from '../../parts/list/text-filter.js';
import { useMay } from '../../parts/page/session-context.js';
import { Unanswered } from '../../parts/page/unanswered.js';
import { Instant } from '../../parts/time/instant.js';
import { Button } from '../../ui/button.js';
import { Select } from '../../ui/field.js';
import { FindIcon, PersonIcon } from '../../ui/icons.js';
import { Notice } from '../../ui/page-states.js';
import { words } from '../../words/customers-words.js';
import type { OrganizationSearch } from './organization-search.js';
import { RolesOfMember } from './roles/roles-of-member.js';
import { useRoles } from './roles/roles-tab.js';

const route = getRouteApi('/organizations/$id');

interface Member {
  readonly user_id: string;
  readonly roles: readonly string[];
  /** Where the list tells of them. */
  readonly inherited_roles?: readonly string[];
  readonly stage: string;
  readonly joined_at?: string;
}

interface MemberPage {
  readonly members: readonly Member[];
  readonly next_page_token: string;
}

/** Who is in the organization, and as what. */
export default function MembersTab({ id }: { readonly id: string }) {
  const { members: text } = words.organization;
  const { q = '', role = '' } = route.useSearch();
  const navigate = route.useNavigate();
  const mayChange = useMay('Identify');
  const [edited, setEdited] = useState<string>();
  const roles = useRoles(id).data?.organization;
  const { data, error, refetch, hasNextPage, ...pages } = usePaged(
    ['organizations', id, 'members', q, role],
    async (page_token, signal): Promise<MemberPage> => {
      if (q === '')
        return call('GET /api/admin/organizations/{organization_id}/members', {
          path: { organization_id: id },
          query: { role, page_token, page_size: 50 },
          signal,
        });
      const { users, next_page_token } = await call('GET /api/admin/users', {
        query: { q, organization_id: id, role, page_token, page_size: 50 },
        signal,
      });
      return { members: users, next_page_token };
    },
    true,
    () => UNTOLD_MS,
  );
  const set = (part: { readonly q?: string; readonly role?: string }) => {
    const next = { tab: 'members', q, role, ...part };
    const given = Object.entries(next).filter(([, value]) => value !== '');
    void navigate({ search: Object.fromEntries(given) as OrganizationSearch, replace: true });
  };
  const rows = data?.pages.flatMap(({ members }) => members) ?? [];
  const known = [
    ...(roles?.roles.map(({ name }) => name) ?? []),
    ...(roles?.undefined_roles.map((each) => each.role) ?? []),
  ];
  const names = role === '' || known.includes(role) ? known : [role, ...known];

  const body = () => {
    if (data === undefined) return <Unanswered error={error} onAgain={() => void refetch()} />;
    if (rows.length > 0)
      return (
        <PlainTable
          name={text.table}
          columns={[
            { key: 'member', name: text.columns.member },
            { key: 'roles', name: text.columns.roles },
            { key: 'stage', name: text.columns.stage },
            { key: 'joined', name: text.columns.joined, whole: true },
            ...(mayChange ? [{ key: 'actions', name: text.columns.actions, nameUnseen: true }] : []),
          ]}
          rows={rows.map((member) => ({
            key: member.user_id,
            cells: cellsOf(member, () => setEdited(member.user_id)),
          }))}
        />
      );
    if (hasNextPage) return null;
    return q === '' && role === '' ? (
      <Notice icon={<PersonIcon />} title={text.empty}>
        <p>{text.emptyWhat}</p>
      </Notice>
    ) : (
      <Notice
        role="status"
        icon={<FindIcon />}
        title={text.noMatch}
        actions={<Button onClick={() => set({ q: '', role: '' })}>{text.clear}</Button>}
      >
        <p>{text.noMatchWhat}</p>
      </Notice>
    );
  };

  return (
    <>
      <search className="page-line">
        <TextFilter
          label={text.find}
          placeholder={text.findWhat}
          value={q}
          maxLength={191}
          onChange={(next) => set({ q: next })}
        />
        <Select
          label={text.role}
          value={role}
          options={[{ value: '', label: text.anyRole }, ...names.map((name) => ({ value: name, label: name }))]}
          onChoose={(next) => set({ role: next })}
        />
      </search>
      {body()}
      <More hasNextPage={hasNextPage} {...pages} />
      {edited !== undefined && (
        <RolesOfMember
          id={id}
          user={edited}
          defined={roles?.roles.map(({ name }) => name) ?? []}
          onClose={() => setEdited(undefined)}
        />
      )}
    </>
  );
}

function cellsOf(member: Member, onEdit: () => void) {
  const { members: text } = words.organization;
  const { user_id, roles, inherited_roles = [], stage, joined_at } = member;
  return {
    member: <bdi>{user_id}</bdi>,
    roles: (
      <>
        {roles.length === 0 ? <span className="soft">{text.none}</span> : <bdi>{roles.join(', ')}</bdi>}
        {inherited_roles.length > 0 && <span className="soft"> {text.inherited(inherited_roles)}</span>}
      </>
    ),
    stage: stage === '' ? <span className="soft">{text.none}</span> : <bdi>{stage}</bdi>,
    joined: joined_at === undefined ? <span className="soft">{text.none}</span> : <Instant at={joined_at} />,
    actions: (
      <div className="row-actions">
        <Button kind="quiet" aria-label={text.changeOf(user_id)} onClick={onEdit}>
          {text.change}
        </Button>
      </div>
    ),
  };
}

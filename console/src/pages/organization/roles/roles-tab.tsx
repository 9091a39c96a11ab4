import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { OrganizationRole, RoleUse } from '../../../../../src/protocol/gen/admin-json.js';
import { call } from '../../../api/api.js';
import { PlainTable } from '../../../parts/list/plain-table.js';
import { useMay } from '../../../parts/page/session-context.js';
import { Unanswered } from '../../../parts/page/unanswered.js';
import { Button } from '../../../ui/button.js';
import { AddIcon } from '../../../ui/icons.js';
import { words } from '../../../words/customers-words.js';
import { RemoveRole, RenameRole } from './role-change-dialogs.js';
import { RoleDialog } from './role-dialog.js';
import { type RoleBranch, roleTree } from './role-tree.js';
import './roles-tab.css';

/** How the roles of an organization stand to each other. */
export function useRoles(id: string) {
  return useQuery({
    queryKey: ['organizations', id, 'roles'],
    queryFn: ({ signal }) =>
      call('GET /api/admin/organizations/{organization_id}/roles', { path: { organization_id: id }, signal }),
  });
}

type Asked =
  | { readonly kind: 'add' }
  | { readonly kind: 'edit' | 'rename' | 'remove'; readonly role: OrganizationRole };

const route = getRouteApi('/organizations/$id');

/** The organization's roles as a hierarchy, and what may be done with them; each change shows first what it comes to. */
export default function RolesTab({ id }: { readonly id: string }) {
  const { roles: text } = words.organization;
  const [asked, setAsked] = useState<Asked>();
  const mayChange = useMay('SetOrganizationRoles');
  const { data, error, refetch } = useRoles(id);
  const organization = data?.organization;
  if (organization === undefined) return <Unanswered error={error} onAgain={() => void refetch()} />;
  const { roles, strict_roles, undefined_roles } = organization;
  const close = () => setAsked(undefined);
  const actions = (role: OrganizationRole) =>
    role.built_in || role.moving_to !== '' ? null : (
      <div className="row-actions">
        {(['edit', 'rename', 'remove'] as const).map((kind) => (
          <Button
            key={kind}
            kind="quiet"
            aria-label={text.actionOn(text[kind], role.name)}
            onClick={() => setAsked({ kind, role })}
          >
            {text[kind]}
          </Button>
        ))}
      </div>
    );
  return (
    <>
      <div className="page-line">
        <p className="page-what">{text.what}</p>
        {mayChange && (
          <Button
            kind="primary"
            className="push"
            icon={<AddIcon aria-hidden />}
            onClick={() => setAsked({ kind: 'add' })}
          >
            {text.add}
          </Button>
        )}
      </div>
      <section className="card" aria-label={text.tree}>
        <Tree branches={roleTree(roles)} roles={roles} />
        <p className="soft">{strict_roles ? text.strict : text.notStrict}</p>
      </section>
      <PlainTable
        name={text.table}
        columns={[
          { key: 'role', name: text.columns.role },
          { key: 'inherits', name: text.columns.inherits },
          { key: 'members', name: text.columns.members, numbers: true },
          { key: 'used', name: text.columns.used },
          ...(mayChange ? [{ key: 'actions', name: text.columns.actions, nameUnseen: true }] : []),
        ]}
        rows={roles.map((role) => ({
          key: role.name,
          cells: {
            role: (
              <>
                <bdi>{role.name}</bdi>
                {role.built_in && <span className="soft"> {text.builtIn}</span>}
                {role.moving_to !== '' && <span className="badge"> {text.moving(role.moving_to)}</span>}
              </>
            ),
            inherits:
              role.inherits.length === 0 ? <span className="soft">—</span> : <bdi>{role.inherits.join(', ')}</bdi>,
            members: <MembersOf id={id} role={role.name} count={role.use?.members ?? 0} />,
            used: <span className="soft">{usesOf(role.use)}</span>,
            actions: actions(role),
          },
        }))}
      />
      {undefined_roles.length > 0 && (
        <section className="page-part">
          <h2>{text.undefined}</h2>
          <PlainTable
            name={text.undefined}
            columns={[
              { key: 'role', name: text.columns.role },
              { key: 'members', name: text.columns.members, numbers: true },
            ]}
            rows={undefined_roles.map(({ role, members }) => ({
              key: role,
              cells: { role: <bdi>{role}</bdi>, members: <MembersOf id={id} role={role} count={members} /> },
            }))}
          />
        </section>
      )}
      {(asked?.kind === 'add' || asked?.kind === 'edit') && (
        <RoleDialog organization={organization} role={asked.kind === 'edit' ? asked.role : undefined} onClose={close} />
      )}
      {asked?.kind === 'rename' && <RenameRole organization={organization} role={asked.role} onClose={close} />}
      {asked?.kind === 'remove' && <RemoveRole organization={organization} role={asked.role} onClose={close} />}
    </>
  );
}

function Tree({
  branches,
  roles,
}: {
  readonly branches: readonly RoleBranch[];
  readonly roles: readonly OrganizationRole[];
}) {
  return (
    <ul className="role-tree">
      {branches.map(({ name, above }) => (
        <li key={name}>
          <span className="role-name">
            <bdi>{name}</bdi>
            {roles.find((role) => role.name === name)?.built_in === true && (
              <span className="soft">{words.organization.roles.builtIn}</span>
            )}
          </span>
          {above.length > 0 && <Tree branches={above} roles={roles} />}
        </li>
      ))}
    </ul>
  );
}

function MembersOf({ id, role, count }: { readonly id: string; readonly role: string; readonly count: number }) {
  return count === 0 ? (
    <span>{words.number(0)}</span>
  ) : (
    <Link from={route.id} to="/organizations/$id" params={{ id }} search={{ tab: 'members', role }}>
      {words.number(count)}
    </Link>
  );
}

/** What names a role, in numbers. */
export function usesOf(use: RoleUse | undefined): string {
  const { roles: text } = words.organization;
  if (use === undefined) return text.unused;
  const parts = [
    use.rows.length > 0 ? text.rows(use.rows.length) : '',
    use.references.length > 0 ? text.rules(use.references.length) : '',
    use.inherited_by.join(', '),
  ].filter((part) => part !== '');
  if (use.hidden > 0) parts.push(text.hidden(use.hidden, parts.length > 0));
  return parts.length === 0 ? text.unused : parts.join(', ');
}

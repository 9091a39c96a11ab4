import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { UserAccess } from '../../../../src/protocol/gen/admin-json.js';
import { useMay, useSession } from '../../parts/page/session-context.js';
import { Button } from '../../ui/button.js';
import { TargetedIcon } from '../../ui/icons.js';
import { Notice } from '../../ui/page-states.js';
import { words } from '../../words/people-words.js';
import FixDialog from './fixes/fix-dialog.js';
import { usePerson } from './queries/person-queries.js';

/** The access rows that name a person, each with the way to remove it. */
export default function AccessTab({ id }: { readonly id: string }) {
  const { access } = words.person;
  const { caller } = useSession();
  // An organization's administrators see the rows that the organization manages, and no others.
  const bound = (caller.organization_id ?? '') !== '';
  const { data } = usePerson(id);
  const [removing, setRemoving] = useState<UserAccess>();
  if (data === undefined) return null;
  if (data.access.length === 0)
    return (
      <Notice icon={<TargetedIcon />} title={bound ? access.noneOfYours : access.none}>
        <p>{bound ? access.noneOfYoursWhat : access.what}</p>
      </Notice>
    );
  return (
    <section className="person-part" aria-label={words.person.tabs.access}>
      <p className="data-none">{access.what}</p>
      <table className="people data-table" aria-label={access.title}>
        <thead>
          <tr>
            <th>{access.columns.flag}</th>
            <th>{access.columns.effect}</th>
            <th>{access.columns.by}</th>
            <th>
              <span className="unseen">{access.remove}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {data.access.map((each) => (
            <Row
              key={`${each.flag_id} ${each.row?.managed_by}`}
              id={id}
              access={each}
              onRemove={() => setRemoving(each)}
            />
          ))}
        </tbody>
      </table>
      {removing?.row !== undefined && (
        <FixDialog
          id={id}
          flag={removing.flag_key}
          fix={{ kind: 'remove', row: removing.row }}
          onClose={() => setRemoving(undefined)}
        />
      )}
    </section>
  );
}

interface RowProps {
  readonly id: string;
  readonly access: UserAccess;
  readonly onRemove: () => void;
}

function Row({ id, access: { flag_key, flag_id, row }, onRemove }: RowProps) {
  const { access } = words.person;
  const { caller } = useSession();
  const mayChange = useMay('SetFlag');
  const by = row?.managed_by ?? '';
  // Each removes its own rows; those of a flag that is gone went with it.
  const removable = mayChange && by === caller.organization_id && flag_key !== '';
  return (
    <tr>
      <td className="column-person">
        {flag_key === '' ? (
          <code>{flag_id}</code>
        ) : (
          <Link to="/people/$id" params={{ id }} search={{ q: flag_key, flag: flag_key }}>
            {flag_key}
          </Link>
        )}
      </td>
      <td>
        {access.effects[row?.effect ?? 'ALLOW']}
        {row?.enabled === false && <span className="tree-note"> {access.inactive}</span>}
      </td>
      <td>
        <bdi>{by === '' ? access.platform : by}</bdi>
      </td>
      <td className="data-action">
        {removable && (
          <Button kind="quiet" onClick={onRemove}>
            {access.remove}
          </Button>
        )}
      </td>
    </tr>
  );
}

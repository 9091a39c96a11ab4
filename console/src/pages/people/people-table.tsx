import { Link } from '@tanstack/react-router';
import { useRef } from 'react';
import type { ListedUser } from '../../../../src/protocol/gen/admin-json.js';
import { useShortcuts } from '../../parts/page/shortcuts.js';
import { Moment } from '../../parts/time/moment.js';
import { words } from '../../words/people-words.js';

/** The people that were found, each a link to their page. On narrow screens each is a card. */
export function PeopleTable({ people, stale }: { readonly people: readonly ListedUser[]; readonly stale: boolean }) {
  const { columns, keys, table } = words.people;
  const box = useRef<HTMLTableElement>(null);
  const step = (by: number) => {
    const links = [...(box.current?.querySelectorAll<HTMLElement>('.person-link') ?? [])];
    const at = links.indexOf(document.activeElement as HTMLElement);
    links[Math.max(0, Math.min(links.length - 1, at + by))]?.focus();
  };
  useShortcuts([
    { keys: 'j', what: keys.next, here: true, run: () => step(1) },
    { keys: 'k', what: keys.previous, here: true, run: () => step(-1) },
  ]);
  return (
    <table ref={box} className="people" aria-label={table} data-stale={stale ? '' : undefined}>
      <thead>
        <tr>
          <th>{columns.person}</th>
          <th>{columns.organization}</th>
          <th>{columns.roles}</th>
          <th>{columns.stage}</th>
          <th className="column-joined">{columns.joined}</th>
        </tr>
      </thead>
      <tbody>
        {people.map((person) => (
          <PersonRow key={person.user_id} person={person} />
        ))}
      </tbody>
    </table>
  );
}

function PersonRow({ person }: { readonly person: ListedUser }) {
  const { none } = words.people;
  const { user_id, organization_id, roles, stage, joined_at, attributes } = person;
  return (
    <tr>
      <td className="column-person">
        <Link to="/people/$id" params={{ id: user_id }} search={{}} className="person-link" title={user_id}>
          <bdi>{user_id}</bdi>
        </Link>
        {attributes.length > 0 && (
          <div className="person-attributes">
            <bdi>{attributes.map(({ value }) => value).join(' · ')}</bdi>
          </div>
        )}
      </td>
      <td>
        <bdi>{organization_id === '' ? none : organization_id}</bdi>
      </td>
      <td>
        <bdi>{roles.length === 0 ? none : roles.join(', ')}</bdi>
      </td>
      <td>{stage === '' ? none : stage}</td>
      <td className="column-joined">{joined_at === undefined ? none : <Moment at={joined_at} distance={false} />}</td>
    </tr>
  );
}

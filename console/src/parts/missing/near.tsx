import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type ReactNode, useId } from 'react';
import type { SearchResponse } from '../../../../src/protocol/gen/admin-json.js';
import { call } from '../../api/api.js';
import { missingWords as text } from '../../words/missing-words.js';
import { type FlagState, FlagStateMark } from '../flag-state.js';
import { useMay } from '../page/session-context.js';
import { type Named, nearest, piecesOf } from './near-names.js';
import './near.css';

/** What an address can name that may not be there. */
export type MissingKind = keyof typeof text.titles;

interface Found extends Named {
  readonly state?: FlagState;
}

/** Ways to what is called like a thing that is not there; nothing where there is none. */
export function Near({ kind, id }: { readonly kind: MissingKind; readonly id: string }) {
  const heading = useId();
  const { data: near = [] } = useQuery({
    queryKey: ['search', 'near', kind, id],
    queryFn: async ({ signal }) => {
      const pieces = piecesOf(id);
      const answers = await Promise.all(pieces.map((q) => call('GET /api/admin/search', { query: { q }, signal })));
      return nearest(
        id,
        answers.flatMap((answer) => foundOf(kind, answer)),
      );
    },
    enabled: useMay('Search'),
  });
  if (near.length === 0) return null;
  return (
    <section className="near" aria-labelledby={heading}>
      <p id={heading} className="near-title">
        {text.near[kind]}
      </p>
      <ul>
        {near.map((each) => (
          <li key={each.key}>
            <Way kind={kind} id={each.key}>
              <bdi>{each.name}</bdi>
            </Way>
            {each.name !== each.key && <bdi className="soft">{each.key}</bdi>}
            {each.state === 'FLAG_STATE_ARCHIVED' && <FlagStateMark state={each.state} />}
          </li>
        ))}
      </ul>
    </section>
  );
}

function foundOf(kind: MissingKind, found: SearchResponse): readonly Found[] {
  switch (kind) {
    case 'flag':
      return found.flags;
    case 'segment':
      return found.segments.map(({ key, name }) => ({ key, name: name === '' ? key : name }));
    case 'person':
      return found.users.map(({ user_id }) => named(user_id));
    case 'organization':
      return found.organizations.map(({ id }) => named(id));
    case 'stage':
      return found.stages.map(named);
    case 'action':
      return found.actions.map(named);
  }
}

function named(key: string): Named {
  return { key, name: key };
}

function Way({
  kind,
  id,
  children,
}: {
  readonly kind: MissingKind;
  readonly id: string;
  readonly children: ReactNode;
}) {
  switch (kind) {
    case 'flag':
      return (
        <Link to="/flags/$key" params={{ key: id }}>
          {children}
        </Link>
      );
    case 'segment':
      return (
        <Link to="/segments/$key" params={{ key: id }}>
          {children}
        </Link>
      );
    case 'person':
      return (
        <Link to="/people/$id" params={{ id }} search={{}}>
          {children}
        </Link>
      );
    case 'organization':
      return (
        <Link to="/organizations/$id" params={{ id }} search={{}}>
          {children}
        </Link>
      );
    case 'stage':
      return (
        <Link to="/onboarding/$stage" params={{ stage: id }} search={{}}>
          {children}
        </Link>
      );
    case 'action':
      return (
        <Link to="/actions" search={{ action: id }}>
          {children}
        </Link>
      );
  }
}

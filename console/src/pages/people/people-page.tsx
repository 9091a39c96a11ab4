import { getRouteApi, Link } from '@tanstack/react-router';
import { useCallback } from 'react';
import { apiUrl } from '../../api/api.js';
import { isAbsent } from '../../api/api-error.js';
import { isolated } from '../../parts/isolated.js';
import { useFirstHit } from '../../parts/list/first-hit.js';
import { Failure } from '../../parts/page/failure.js';
import { PageHead } from '../../parts/page/page-head.js';
import { Button } from '../../ui/button.js';
import { FindIcon, PeopleIcon, PersonIcon, PinIcon, UnknownIcon } from '../../ui/icons.js';
import { Notice, Patiently, Skeleton, Snippet } from '../../ui/page-states.js';
import { missingWords } from '../../words/missing-words.js';
import { words } from '../../words/people-words.js';
import { useKeptPeople } from './kept-people.js';
import { PeopleFilters } from './people-filters.js';
import { usePeopleList } from './people-list.js';
import { isFiltered, type PeopleSearch } from './people-search.js';
import { PeopleTable } from './people-table.js';
import '../flags/flag-filters.css';
import './people.css';

const route = getRouteApi('/people');

/** Finds people: by what their id or an attribute begins with, by organization, role, stage and unlocked flag. */
export function PeoplePage() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { data, error, refetch, fetchNextPage, hasNextPage, isFetching, isPlaceholderData } = usePeopleList(search);
  const people = data?.pages.flatMap(({ users }) => users);
  const change = useCallback((next: PeopleSearch) => void navigate({ search: () => next, replace: true }), [navigate]);
  const open = (id: string) => void navigate({ to: '/people/$id', params: { id }, search: {} });
  const openFirst = useFirstHit({
    q: search.q ?? '',
    hits: isPlaceholderData ? undefined : people,
    open: ({ user_id }) => {
      if (search.q !== undefined) open(user_id);
    },
  });

  const body = () => {
    if (people === undefined)
      return error === null ? (
        <Patiently>
          <Waiting />
        </Patiently>
      ) : isAbsent(error) && search.unlocked !== undefined ? (
        <Notice
          role="status"
          icon={<UnknownIcon />}
          title={missingWords.titles.flag(isolated(search.unlocked))}
          actions={<Button onClick={() => change({})}>{words.people.clear}</Button>}
        >
          <p>{missingWords.whats.flag}</p>
        </Notice>
      ) : (
        <Failure error={error} onAgain={() => void refetch()} />
      );
    if (people.length === 0)
      return hasNextPage ? (
        <p className="people-further">{words.people.furtherWhat}</p>
      ) : (
        <Nobody search={search} onClear={() => change({})} onOpen={open} />
      );
    return <PeopleTable people={people} stale={isPlaceholderData} />;
  };

  return (
    <>
      <PageHead name={words.pages.people.name} question={words.pages.people.question}>
        <span className="numbers" role="status">
          {people === undefined ? '' : words.people.count(people.length, hasNextPage)}
        </span>
      </PageHead>
      <PeopleFilters search={search} onChange={change} onEnter={openFirst} />
      {!isFiltered(search) && <KeptLists />}
      {data?.pages.some(({ filling }) => filling) === true && <p role="status">{words.people.filling}</p>}
      {body()}
      {hasNextPage && (
        <div className="people-more">
          <Button onClick={() => void fetchNextPage()} disabled={isFetching}>
            {people?.length === 0 ? words.people.further : words.people.more}
          </Button>
        </div>
      )}
    </>
  );
}

function KeptLists() {
  const { recent, pinned } = useKeptPeople();
  const unpinned = recent.filter((id) => !pinned.includes(id));
  if (pinned.length + unpinned.length === 0) return null;
  return (
    <div className="kept-people">
      <KeptList title={words.people.pinned} ids={pinned} icon={<PinIcon aria-hidden />} />
      <KeptList title={words.people.recent} ids={unpinned} icon={<PersonIcon aria-hidden />} />
    </div>
  );
}

interface KeptListProps {
  readonly title: string;
  readonly ids: readonly string[];
  readonly icon: React.ReactNode;
}

function KeptList({ title, ids, icon }: KeptListProps) {
  if (ids.length === 0) return null;
  return (
    <section aria-label={title}>
      <h2 className="kept-title">{title}</h2>
      <ul className="kept-list">
        {ids.map((id) => (
          <li key={id}>
            <Link to="/people/$id" params={{ id }} search={{}} className="kept-person" title={id}>
              {icon}
              <bdi>{id}</bdi>
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}

interface NobodyProps {
  readonly search: PeopleSearch;
  readonly onClear: () => void;
  readonly onOpen: (id: string) => void;
}

function Nobody({ search, onClear, onOpen }: NobodyProps) {
  const { people } = words;
  if (!isFiltered(search)) {
    const snippet = [
      `curl -X PATCH ${apiUrl('/api/admin/users/ada')} \\`,
      '  -H "authorization: Bearer $(cat data/admin-token)" \\',
      '  -H "content-type: application/json" \\',
      `  -d '{"roles": ["employee"], "joined_at": "${new Date().toISOString().slice(0, 10)}T00:00:00Z"}'`,
    ].join('\n');
    return (
      <Notice icon={<PeopleIcon />} title={people.empty}>
        <p>{people.emptyWhat}</p>
        <Snippet text={snippet} label={people.empty} />
      </Notice>
    );
  }
  const { q } = search;
  return (
    <Notice
      role="status"
      icon={<FindIcon />}
      title={people.nobody}
      actions={
        <>
          <Button onClick={onClear}>{people.clear}</Button>
          {q !== undefined && <Button onClick={() => onOpen(q)}>{people.open(q)}</Button>}
        </>
      }
    >
      <p>{people.nobodyWhat}</p>
    </Notice>
  );
}

function Waiting() {
  return (
    <div className="people-waiting" aria-busy>
      {Array.from({ length: 8 }, (_, at) => (
        <Skeleton key={at} width={`${40 + ((at * 37) % 40)}%`} />
      ))}
    </div>
  );
}

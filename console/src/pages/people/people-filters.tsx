import { useQuery } from '@tanstack/react-query';
import { useRef } from 'react';
import { call } from '../../api/api.js';
import { FilterField } from '../../parts/list/filter-field.js';
import { useMay, useSession } from '../../parts/page/session-context.js';
import { useShortcuts } from '../../parts/page/shortcuts.js';
import { Select } from '../../ui/field.js';
import { FindIcon } from '../../ui/icons.js';
import { words } from '../../words/people-words.js';
import { isFiltered, type PeopleSearch } from './people-search.js';

export interface PeopleFiltersProps {
  readonly search: PeopleSearch;
  readonly onChange: (search: PeopleSearch) => void;
  /** Enter in the field that finds. */
  readonly onEnter: (text: string) => void;
}

/** What people are found by; the address holds all of it. */
export function PeopleFilters({ search, onChange, onEnter }: PeopleFiltersProps) {
  const { people } = words;
  const { caller } = useSession();
  const box = useRef<HTMLElement>(null);
  useShortcuts([
    { keys: '/', what: words.shortcuts.filter, here: true, run: () => box.current?.querySelector('input')?.select() },
  ]);
  const set = (part: Readonly<Partial<Record<keyof PeopleSearch, string>>>) => {
    const merged = Object.entries({ ...search, ...part }).filter(([, value]) => value !== '');
    onChange(Object.fromEntries(merged) as PeopleSearch);
  };
  const bound = caller.organization_id !== '';
  return (
    <search ref={box} className="filters">
      <div className="people-find">
        <FilterField
          label={people.find}
          placeholder={people.findWhat}
          icon={<FindIcon aria-hidden />}
          after={<kbd aria-hidden>/</kbd>}
          value={search.q ?? ''}
          onFilter={(q) => set({ q })}
          onEnter={onEnter}
        />
      </div>
      <div className="filters-line people-filters">
        {!bound && (
          <FilterField
            label={people.organization}
            placeholder={people.organization}
            value={search.organization ?? ''}
            onFilter={(organization) => set(organization === '' ? { organization, role: '' } : { organization })}
          />
        )}
        {search.organization !== undefined && (
          <FilterField
            label={people.role}
            placeholder={people.role}
            value={search.role ?? ''}
            onFilter={(role) => set({ role })}
          />
        )}
        <StageFilter chosen={search.stage ?? ''} onChoose={(stage) => set({ stage })} />
        <FilterField
          label={people.unlocked}
          placeholder={`${people.unlocked}: ${people.unlockedWhat.toLowerCase()}`}
          value={search.unlocked ?? ''}
          onFilter={(unlocked) => set({ unlocked })}
        />
        {isFiltered(search) && (
          <button type="button" className="filters-clear" onClick={() => onChange({})}>
            {people.clear}
          </button>
        )}
      </div>
    </search>
  );
}

/** One of the stages that there are; where the caller may not list them, whichever is typed. */
function StageFilter({ chosen, onChoose }: { readonly chosen: string; readonly onChoose: (stage: string) => void }) {
  const { people } = words;
  const mayList = useMay('ListStages');
  const { data } = useQuery({
    queryKey: ['stages'],
    queryFn: ({ signal }) => call('GET /api/admin/stages', { signal }),
    enabled: mayList,
    staleTime: 60_000,
  });
  const known = data?.stages.map(({ name }) => name) ?? [];
  if (known.length === 0)
    return <FilterField label={people.stage} placeholder={people.stage} value={chosen} onFilter={onChoose} />;
  const names = chosen === '' || known.includes(chosen) ? known : [chosen, ...known];
  return (
    <Select
      label={people.stage}
      value={chosen}
      options={[{ value: '', label: people.anyStage }, ...names.map((name) => ({ value: name, label: name }))]}
      onChoose={onChoose}
    />
  );
}

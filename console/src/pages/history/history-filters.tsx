import { useRef } from 'react';
import { FilterField } from '../../parts/list/filter-field.js';
import { useShortcuts } from '../../parts/page/shortcuts.js';
import { Select, TextField } from '../../ui/field.js';
import { FindIcon } from '../../ui/icons.js';
import { words } from '../../words/history-words.js';
import { changedSearch, type HistorySearch, isFiltered, ONLY_ONE, TEXT_DAYS } from './history-search.js';

export interface HistoryFiltersProps {
  readonly search: HistorySearch;
  readonly onChange: (search: HistorySearch) => void;
}

/** What the history is filtered by; the address holds all of it. */
export function HistoryFilters({ search, onChange }: HistoryFiltersProps) {
  const { history } = words;
  const box = useRef<HTMLDivElement>(null);
  useShortcuts([
    { keys: '/', what: words.shortcuts.filter, here: true, run: () => box.current?.querySelector('input')?.select() },
  ]);
  const set = (part: Parameters<typeof changedSearch>[1]) => onChange(changedSearch(search, part));
  const unknownKind = search.kind !== undefined && history.kinds[search.kind] === undefined ? [search.kind] : [];
  const kinds = [...Object.keys(history.kinds), ...unknownKind];
  return (
    <search className="history-filters">
      <div className="history-filters-line" ref={box}>
        <FilterField
          label={history.filter}
          placeholder={history.filterWhat}
          icon={<FindIcon aria-hidden />}
          value={search.q ?? ''}
          onFilter={(q) => set({ q })}
        />
        <FilterField
          label={history.actor}
          placeholder={history.actorWhat}
          value={search.actor ?? ''}
          onFilter={(actor) => set({ actor })}
        />
        <FilterField
          label={history.organization}
          placeholder={history.organizationWhat}
          value={search.organization ?? ''}
          onFilter={(organization) => set({ organization })}
        />
      </div>
      <div className="history-filters-line">
        <Select
          label={history.kind}
          value={search.kind ?? ''}
          options={[
            { value: '', label: history.anyKind },
            ...kinds.map((kind) => ({ value: kind, label: history.kinds[kind] ?? kind })),
          ]}
          onChoose={(kind) => set({ kind, subject: undefined })}
        />
        {search.kind !== undefined && search.kind !== ONLY_ONE && (
          <FilterField
            label={history.subject}
            placeholder={history.subject}
            value={search.subject ?? ''}
            onFilter={(subject) => set({ subject })}
          />
        )}
        {(['from', 'to'] as const).map((name) => (
          <TextField
            key={name}
            label={history[name]}
            className="history-day"
            type="date"
            value={search[name] ?? ''}
            onChange={({ target }) => set({ [name]: target.value })}
          />
        ))}
        {isFiltered(search) && (
          <button type="button" className="history-clear" onClick={() => onChange({})}>
            {history.clear}
          </button>
        )}
      </div>
      {search.kind !== undefined && search.kind !== ONLY_ONE && search.subject === undefined && (
        <p className="history-hint">{history.whichOne}</p>
      )}
      {search.q !== undefined && search.from === undefined && (
        <p className="history-hint">{history.lastDays(TEXT_DAYS)}</p>
      )}
    </search>
  );
}

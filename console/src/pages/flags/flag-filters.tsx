import { TextFilter } from '../../parts/list/text-filter.js';
import { Select } from '../../ui/field.js';
import { words } from '../../words/flags-words.js';
import type { FlagList } from './flag-list.js';
import {
  type FlagsSearch,
  isFiltered,
  ORDERS,
  type Order,
  STATES,
  type StateName,
  stateNamed,
} from './flags-search.js';
import './flag-filters.css';

export interface FlagFiltersProps {
  readonly search: FlagsSearch;
  readonly list: FlagList | undefined;
  readonly onChange: (search: FlagsSearch) => void;
}

/** What the list is filtered and ordered by; the address holds all of it. */
export function FlagFilters({ search, list, onChange }: FlagFiltersProps) {
  const set = (part: { readonly [K in keyof FlagsSearch]: FlagsSearch[K] | undefined }) => {
    const merged = Object.entries({ ...search, ...part }).filter(([, value]) => value !== undefined && value !== '');
    onChange(Object.fromEntries(merged) as FlagsSearch);
  };
  return (
    <search className="filters">
      <div className="filters-line">
        <TextFilter
          label={words.flags.filter}
          placeholder={words.flags.filterWhat}
          maxLength={255}
          value={search.q ?? ''}
          onChange={(q) => set({ q })}
        />
        <Select
          label={words.flags.tag}
          value={search.tag ?? ''}
          options={facetOptions(words.flags.anyTag, list?.tags, search.tag)}
          onChoose={(tag) => set({ tag })}
        />
        <Select
          label={words.flags.owner}
          value={search.owner ?? ''}
          options={facetOptions(words.flags.anyOwner, list?.owners, search.owner)}
          onChoose={(owner) => set({ owner })}
        />
        <Select
          label={words.flags.order}
          value={search.order ?? 'key'}
          options={ORDERS.map((order) => ({ value: order, label: words.flags.orders[order] }))}
          onChoose={(order) => set({ order: order === 'key' ? undefined : (order as Order) })}
        />
      </div>
      <div className="filters-line">
        <StateFilter chosen={search.state} counts={list?.counts} onChoose={(state) => set({ state })} />
        {isFiltered(search) && (
          <button
            type="button"
            className="filters-clear"
            onClick={() => set({ q: undefined, state: undefined, tag: undefined, owner: undefined })}
          >
            {words.flags.clear}
          </button>
        )}
        <span className="filters-total numbers" role="status">
          {list === undefined ? '' : words.flags.total(list.total)}
        </span>
      </div>
    </search>
  );
}

interface StateFilterProps {
  readonly chosen: StateName | undefined;
  readonly counts: FlagList['counts'] | undefined;
  readonly onChoose: (state: StateName | undefined) => void;
}

function StateFilter({ chosen, counts, onChoose }: StateFilterProps) {
  const all =
    counts === undefined ? undefined : STATES.reduce((sum, name) => sum + (name === 'archived' ? 0 : counts[name]), 0);
  const choice = (name: StateName | undefined, label: string, count: number | undefined) => (
    <label key={label} className="chip" data-none={count === 0 ? '' : undefined}>
      <input type="radio" name="state" className="unseen" checked={chosen === name} onChange={() => onChoose(name)} />
      {label}
      <span className="numbers">{count === undefined ? '' : words.number(count)}</span>
    </label>
  );
  return (
    <fieldset className="chips">
      <legend className="unseen">{words.flags.states}</legend>
      {choice(undefined, words.flags.anyState, all)}
      {STATES.map((name) => choice(name, words.flagStates[stateNamed(name)], counts?.[name]))}
    </fieldset>
  );
}

function facetOptions(any: string, facets: FlagList['tags'] | undefined, chosen: string | undefined) {
  const known = facets ?? [];
  const missing = chosen === undefined || known.some(({ name }) => name === chosen) ? [] : [{ name: chosen, count: 0 }];
  return [
    { value: '', label: any },
    ...[...missing, ...known].map(({ name, count }) => ({ value: name, label: `${name} (${words.number(count)})` })),
  ];
}

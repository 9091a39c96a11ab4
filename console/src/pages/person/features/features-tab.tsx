import { useEffect, useRef } from 'react';
import { FilterField } from '../../../parts/list/filter-field.js';
import { useFirstHit } from '../../../parts/list/first-hit.js';
import { useAhead } from '../../../parts/loading/later.js';
import { Failure } from '../../../parts/page/failure.js';
import { useShortcuts } from '../../../parts/page/shortcuts.js';
import { Button } from '../../../ui/button.js';
import { FindIcon, FlagIcon } from '../../../ui/icons.js';
import { Notice, Patiently, Skeleton } from '../../../ui/page-states.js';
import { words } from '../../../words/people-words.js';
import { usePersonFlags } from '../queries/person-queries.js';
import { type PersonSearch, STATES, type StateName } from '../queries/person-search.js';
import { FeaturePanel, FeatureRow } from './feature-row.js';

export interface FeaturesTabProps {
  readonly id: string;
  readonly search: PersonSearch;
  readonly onChange: (search: PersonSearch) => void;
}

/** All flags of a person, with why each is on or off; the one that the address names is open. */
export function FeaturesTab({ id, search, onChange }: FeaturesTabProps) {
  useAhead(FeaturePanel);
  const { features } = words.person;
  const { q, state, flag: open } = search;
  const filter = { ...(q === undefined ? {} : { q }), ...(state === undefined ? {} : { state }) };
  const { data, error, refetch, fetchNextPage, hasNextPage, isFetching, isPlaceholderData } = usePersonFlags(
    id,
    filter,
  );
  const flags = data?.pages.flatMap((page) => page.flags);
  const box = useRef<HTMLElement>(null);
  const set = (part: { readonly [K in keyof PersonSearch]: PersonSearch[K] | undefined }) => {
    const merged = Object.entries({ ...search, ...part }).filter(([, value]) => value !== undefined && value !== '');
    onChange(Object.fromEntries(merged) as PersonSearch);
  };
  const openFlag = (flag: string | undefined) => set({ flag, what_if: undefined });
  const openFirst = useFirstHit({
    q: q ?? '',
    hits: isPlaceholderData ? undefined : flags,
    open: ({ flag_key }) => openFlag(flag_key),
  });
  const step = (by: number) => {
    const heads = [...(box.current?.querySelectorAll<HTMLElement>('.person-feature') ?? [])];
    const at = heads.indexOf(document.activeElement as HTMLElement);
    heads[Math.max(0, Math.min(heads.length - 1, at + by))]?.focus();
  };
  useShortcuts([
    { keys: '/', what: words.shortcuts.filter, here: true, run: () => box.current?.querySelector('input')?.select() },
    { keys: 'j', what: features.keys.next, here: true, run: () => step(1) },
    { keys: 'k', what: features.keys.previous, here: true, run: () => step(-1) },
  ]);
  // A page may be empty though there are more: flags of the filter's state may be few.
  const empty = flags?.length === 0;
  useEffect(() => {
    if (empty && hasNextPage && !isFetching) fetchNextPage().catch(() => undefined);
  }, [empty, hasNextPage, isFetching, fetchNextPage]);

  const body = () => {
    if (flags === undefined || (empty && hasNextPage))
      return error === null ? (
        <Patiently>
          <Waiting />
        </Patiently>
      ) : (
        <Failure error={error} onAgain={() => void refetch()} />
      );
    if (empty) return <Nothing filtered={q !== undefined || state !== undefined} onClear={() => onChange({})} />;
    return (
      <ul className="features" aria-label={features.list} data-stale={isPlaceholderData ? '' : undefined}>
        {flags.map((flag) => (
          <FeatureRow
            key={flag.flag_key}
            id={id}
            flag={flag}
            open={open === flag.flag_key}
            whatIf={search.what_if}
            onOpen={openFlag}
            onWhatIf={(what_if) => set({ what_if })}
          />
        ))}
      </ul>
    );
  };

  return (
    <section ref={box} className="person-part" aria-label={words.person.tabs.features}>
      <search className="filters-line">
        <FilterField
          label={features.filter}
          placeholder={features.filterWhat}
          icon={<FindIcon aria-hidden />}
          after={<kbd aria-hidden>/</kbd>}
          value={q ?? ''}
          onFilter={(text) => set({ q: text })}
          onEnter={openFirst}
        />
        <StateFilter chosen={state} onChoose={(chosen) => set({ state: chosen })} />
      </search>
      {body()}
      {hasNextPage && !empty && (
        <div className="people-more">
          <Button onClick={() => void fetchNextPage()} disabled={isFetching}>
            {features.more}
          </Button>
        </div>
      )}
    </section>
  );
}

interface StateFilterProps {
  readonly chosen: StateName | undefined;
  readonly onChoose: (state: StateName | undefined) => void;
}

function StateFilter({ chosen, onChoose }: StateFilterProps) {
  const { features } = words.person;
  const choice = (name: StateName | undefined, label: string) => (
    <label key={label} className="chip">
      <input type="radio" name="state" className="unseen" checked={chosen === name} onChange={() => onChoose(name)} />
      {label}
    </label>
  );
  return (
    <fieldset className="chips">
      <legend className="unseen">{features.state}</legend>
      {choice(undefined, features.any)}
      {STATES.map((name) => choice(name, features.states[name.toUpperCase() as 'ON']))}
    </fieldset>
  );
}

function Nothing({ filtered, onClear }: { readonly filtered: boolean; readonly onClear: () => void }) {
  const { features } = words.person;
  return filtered ? (
    <Notice
      role="status"
      icon={<FindIcon />}
      title={features.none}
      actions={<Button onClick={onClear}>{features.clear}</Button>}
    >
      <p>{features.noneWhat}</p>
    </Notice>
  ) : (
    <Notice role="status" icon={<FlagIcon />} title={features.empty}>
      <p>{features.emptyWhat}</p>
    </Notice>
  );
}

function Waiting() {
  return (
    <div className="people-waiting" aria-busy>
      {Array.from({ length: 6 }, (_, at) => (
        <Skeleton key={at} width={`${40 + ((at * 37) % 40)}%`} />
      ))}
    </div>
  );
}

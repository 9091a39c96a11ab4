import { getRouteApi, Link } from '@tanstack/react-router';
import { Suspense, useCallback, useState } from 'react';
import type { FeatureFlag } from '../../../../src/protocol/gen/admin-json.js';
import { later } from '../../parts/loading/later.js';
import { Allowed } from '../../parts/page/allowed.js';
import { Failure } from '../../parts/page/failure.js';
import { PageHead } from '../../parts/page/page-head.js';
import { useMay, useMayMakeFlags } from '../../parts/page/session-context.js';
import { Button } from '../../ui/button.js';
import { AddIcon } from '../../ui/icons.js';
import { Coming, Patiently } from '../../ui/page-states.js';
import { words } from '../../words/flags-words.js';
import { EmptyList, NoMatch } from './empty-list.js';
import { FlagFilters } from './flag-filters.js';
import { type Selection, useFlagList } from './flag-list.js';
import { FlagTable, LoadingTable } from './flag-table.js';
import { type FlagsSearch, isFiltered } from './flags-search.js';
import './flags-page.css';

const SwitchDialog = later(() => import('../../parts/switching/switch-dialog.js'));
const BulkBar = later(() => import('./bulk-bar.js'));

const route = getRouteApi('/flags');

/** The list of all flags: what is on, for whom. */
export function FlagsPage() {
  return (
    <>
      <PageHead name={words.pages.flags.name} question={words.pages.flags.question}>
        {useMayMakeFlags() && (
          <Link to="/flags/new" className="button button-primary">
            <AddIcon aria-hidden />
            {words.flags.make}
          </Link>
        )}
      </PageHead>
      <Allowed operation="ListFlags">
        <AllFlags />
      </Allowed>
    </>
  );
}

function AllFlags() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const mayChange = useMay('SetFlag');
  const [selection, setSelection] = useState<Selection>(new Map());
  const [asked, setAsked] = useState<FeatureFlag>();
  const { list, error, refetch, fetchNextPage, hasNextPage, isFetching, isFetchNextPageError, isPlaceholderData } =
    useFlagList(search);

  const change = useCallback((next: FlagsSearch) => void navigate({ search: () => next, replace: true }), [navigate]);
  const more = useCallback(() => {
    // What failed is asked for again by hand: a list that asks by itself would never stop.
    if (hasNextPage && !isFetching && !isFetchNextPageError) fetchNextPage().catch(() => undefined);
  }, [hasNextPage, isFetching, isFetchNextPageError, fetchNextPage]);
  const select = useCallback((flags: readonly FeatureFlag[], on: boolean) => {
    setSelection((before) => {
      const after = new Map(before);
      for (const flag of flags) {
        if (on) after.set(flag.key, flag);
        else after.delete(flag.key);
      }
      return after;
    });
  }, []);

  const body = () => {
    if (list === undefined)
      return error === null ? (
        <Patiently>
          <LoadingTable />
        </Patiently>
      ) : (
        <Failure error={error} onAgain={() => void refetch()} />
      );
    if (list.total === 0 && isFiltered(search))
      return (
        <NoMatch
          archived={search.state === 'archived' ? 0 : list.counts.archived}
          onClear={() => change(search.order === undefined ? {} : { order: search.order })}
          onArchived={() => change({ ...search, state: 'archived' })}
        />
      );
    if (list.total === 0) return <EmptyList />;
    return (
      <FlagTable
        list={list}
        stale={isPlaceholderData}
        mayChange={mayChange}
        selection={selection}
        onSelect={select}
        onMore={more}
        onSwitch={setAsked}
      />
    );
  };

  return (
    <>
      <FlagFilters search={search} list={list} onChange={change} />
      {isFetchNextPageError && (
        <p className="flags-more-failed" role="alert">
          {words.flags.moreFailed(error?.message ?? '')}
          <Button onClick={() => void fetchNextPage()}>{words.states.again}</Button>
        </p>
      )}
      {body()}
      <Suspense fallback={<Coming />}>
        {selection.size > 0 && (
          <BulkBar
            selection={selection}
            onDone={(left) => setSelection(left)}
            all={list?.rows.map(({ flag }) => flag) ?? []}
            onSelectAll={(flags) => select(flags, true)}
          />
        )}
        {asked !== undefined && (
          <SwitchDialog flag={asked} to={asked.active !== true} onClose={() => setAsked(undefined)} />
        )}
      </Suspense>
    </>
  );
}

import { Link } from '@tanstack/react-router';
import { useEffect, useEffectEvent, useMemo, useState } from 'react';
import type { AccessRow, GetVocabularyResponse } from '../../../../../src/protocol/gen/admin-json.js';
import { call } from '../../../api/api.js';
import type { DraftAction, FlagDraft } from '../../../draft/flag/flag-draft.js';
import { rowKey } from '../../../draft/flag/merge-rows.js';
import { draftedRows, MOST_ROWS, type RowSays, roomFor, saying, splitPut } from '../../../draft/flag/rows.js';
import { FilterField } from '../../../parts/list/filter-field.js';
import { usePaged } from '../../../parts/list/paged.js';
import { Failure } from '../../../parts/page/failure.js';
import { useMay } from '../../../parts/page/session-context.js';
import { Button } from '../../../ui/button.js';
import { Select } from '../../../ui/field.js';
import { AddIcon, FindIcon, PeopleIcon, TargetedIcon } from '../../../ui/icons.js';
import { Notice, Patiently, Skeleton } from '../../../ui/page-states.js';
import { tell } from '../../../ui/toasts.js';
import { words } from '../../../words/flag-access-words.js';
import { AddRow } from './add-row.js';
import { DownloadRows } from './download-rows.js';
import { listingOf, ROWS_OF, type RowsSearch, readRowsSearch } from './listing.js';
import { PasteDialog } from './paste-dialog.js';
import { RowTable } from './row-table.js';
import { SelectedRows } from './selected-rows.js';
import '../../../parts/list/page-line.css';
import './access-tab.css';

export interface AccessTabProps {
  readonly flagKey: string;
  readonly search: RowsSearch;
  readonly onSearch: (search: RowsSearch) => void;
  readonly draft: FlagDraft;
  readonly vocabulary: GetVocabularyResponse | undefined;
  readonly mayChange: boolean;
  readonly onAction: (action: DraftAction) => void;
}

/** The rows of a flag: whom it is allowed or denied by name. What is changed of them belongs to the draft. */
export default function AccessTab(props: AccessTabProps) {
  const { flagKey, search, onSearch, draft, vocabulary, mayChange, onAction } = props;
  const { rows: said } = words.flagAccess;
  const mayAudit = useMay('ListAudit');
  const [selection, setSelection] = useState<ReadonlyMap<string, AccessRow>>(new Map());
  const [open, setOpen] = useState<'add' | 'paste'>();
  // The row that an address begins, which is then taken from it: the same may be asked for once more.
  const [begun, setBegun] = useState<Pick<RowsSearch, 'row' | 'says'>>({});
  const forget = useEffectEvent(() => onSearch(readRowsSearch({ ...search, row: undefined })));
  const { row: asked, says } = search;
  useEffect(() => {
    if (asked === undefined) return;
    setBegun({ row: asked, ...(says === undefined ? {} : { says }) });
    setOpen('add');
    forget();
  }, [asked, says]);
  const listing = listingOf(search);
  const {
    data,
    error,
    refetch,
    hasNextPage,
    fetchNextPage,
    isFetchingNextPage,
    isFetchNextPageError,
    isPlaceholderData,
  } = usePaged(['access', flagKey, listing], (page_token, signal) =>
    call('GET /api/admin/flags/{flag}/access', {
      path: { flag: flagKey },
      query: { ...listing, page_token, page_size: page_token === '' ? 100 : 500 },
      signal,
    }),
  );
  const pending = draft.now.rows;
  const { q = '', of } = search;
  const stored = useMemo(() => data?.pages.flatMap(({ access }) => access) ?? [], [data]);
  const whole = data !== undefined && !hasNextPage && !isPlaceholderData && q === '' && of === undefined;
  const rows = useMemo(() => draftedRows(stored, pending, { q, of, whole }), [stored, pending, q, of, whole]);
  const filter = (next: Partial<Record<'q' | 'of', string>>) => onSearch(readRowsSearch({ q, of, ...next }));
  const hasRoom = (changed: readonly AccessRow[]): boolean => {
    const room = roomFor(pending, changed);
    if (!room) tell({ kind: 'failed', title: said.full(MOST_ROWS) });
    return room;
  };
  /** Changes rows in the draft, unless there is no room for them; what is as it is stored is no change. */
  const put = (changed: readonly AccessRow[]): boolean => {
    if (!hasRoom(changed)) return false;
    const { change, same } = splitPut(stored, changed);
    if (change.length > 0) onAction({ kind: 'put-rows', rows: change, stored });
    if (same.length > 0) onAction({ kind: 'forget-rows', rows: same });
    return true;
  };
  const drop = (dropped: readonly AccessRow[]): boolean => {
    if (!hasRoom(dropped)) return false;
    // One that is not there yet needs no dropping.
    const fresh = new Set(rows.filter(({ mark }) => mark === 'new').map(({ key }) => key));
    const [unmade, there] = [true, false].map((isFresh) => dropped.filter((row) => fresh.has(rowKey(row)) === isFresh));
    if (there!.length > 0) onAction({ kind: 'drop-rows', rows: there!, stored });
    if (unmade!.length > 0) onAction({ kind: 'forget-rows', rows: unmade! });
    return true;
  };
  const select = (keys: readonly string[], on: boolean) => {
    // They are of the filter before, which nobody means any more.
    if (isPlaceholderData) return;
    const next = new Map(selection);
    const named = new Set(keys);
    for (const { key, row } of rows) {
      if (!named.has(key)) continue;
      if (on && row.managed_by === '') next.set(key, row);
      else next.delete(key);
    }
    setSelection(next);
  };
  const all = (does: (chosen: readonly AccessRow[]) => boolean) => {
    if (does([...selection.values()])) setSelection(new Map());
  };

  return (
    <section className="rows-tab" aria-label={words.flagAccess.rows.table}>
      <p className="page-what">
        {said.what}{' '}
        {mayAudit && (
          <Link to="/history" search={{ kind: 'flag', subject: flagKey }}>
            {said.history}
          </Link>
        )}
      </p>
      <div className="rows-tools">
        <FilterField
          label={said.find}
          placeholder={said.findWhat}
          icon={<FindIcon aria-hidden />}
          value={q}
          onFilter={(text) => filter({ q: text })}
        />
        <Select
          label={said.of}
          value={of ?? ''}
          options={[
            { value: '', label: said.ofs.all },
            ...ROWS_OF.map((each) => ({ value: each, label: said.ofs[each] })),
          ]}
          onChoose={(each) => filter({ of: each })}
        />
        {data !== undefined && (
          <span className="rows-count numbers" role="status">
            {said.loaded(stored.length, hasNextPage)}
          </span>
        )}
        <div className="rows-buttons">
          {stored.length > 0 && <DownloadRows flagKey={flagKey} listing={listing} />}
          {mayChange && (
            <>
              <Button icon={<PeopleIcon aria-hidden />} onClick={() => setOpen('paste')}>
                {said.paste}
              </Button>
              <Button
                icon={<AddIcon aria-hidden />}
                aria-expanded={open === 'add'}
                onClick={() => {
                  setBegun({});
                  setOpen(open === 'add' ? undefined : 'add');
                }}
              >
                {said.add}
              </Button>
            </>
          )}
        </div>
      </div>
      {open === 'add' && (
        <AddRow
          key={`${begun.row} ${begun.says}`}
          vocabulary={vocabulary}
          person={begun.row ?? ''}
          saysAtFirst={begun.says ?? 'ALLOW'}
          onAdd={(row) => put([row])}
        />
      )}
      {pending.length > 0 && (
        <p className="rows-pending" role="status">
          {said.pending(pending.length)}
          <Button kind="quiet" onClick={() => onAction({ kind: 'forget-rows', rows: pending.map(({ row }) => row) })}>
            {said.forget}
          </Button>
        </p>
      )}
      {selection.size > 0 && (
        <SelectedRows
          count={selection.size}
          onSay={(says: RowSays) => all((chosen) => put(chosen.map((row) => saying(row, says))))}
          onRemove={() => all(drop)}
          onClear={() => setSelection(new Map())}
        />
      )}
      {data === undefined ? (
        error === null ? (
          <Patiently>
            <Skeleton width="60%" />
          </Patiently>
        ) : (
          <Failure error={error} onAgain={() => void refetch()} />
        )
      ) : rows.length === 0 ? (
        <Notice icon={<TargetedIcon />} title={q === '' && of === undefined ? said.empty : said.noMatch}>
          <p>{q === '' && of === undefined ? said.emptyWhat : said.noMatchWhat}</p>
        </Notice>
      ) : (
        <RowTable
          rows={rows}
          stale={isPlaceholderData}
          mayChange={mayChange}
          selection={selection}
          onSelect={select}
          onSay={(row, says) => put([saying(row, says)])}
          onDrop={(row) => drop([row])}
          onForget={(row) => onAction({ kind: 'forget-rows', rows: [row] })}
          more={hasNextPage && !isFetchingNextPage && !isFetchNextPageError ? () => void fetchNextPage() : undefined}
        />
      )}
      {isFetchNextPageError && (
        <p className="field-fault" role="alert">
          {said.more} {error?.message}{' '}
          <Button onClick={() => void fetchNextPage()}>{words.flagAccess.unlocks.more}</Button>
        </p>
      )}
      {open === 'paste' && <PasteDialog onAdd={put} onClose={() => setOpen(undefined)} />}
    </section>
  );
}

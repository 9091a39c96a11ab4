import { defaultRangeExtractor, type Range, useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef, useSyncExternalStore } from 'react';
import type { FeatureFlag } from '../../../../src/protocol/gen/admin-json.js';
import { useShortcuts } from '../../parts/page/shortcuts.js';
import { Checkbox } from '../../ui/field.js';
import { Skeleton } from '../../ui/page-states.js';
import { words } from '../../words/flags-words.js';
import type { FlagList, Selection } from './flag-list.js';
import { FlagRow } from './flag-row.js';
import './flag-table.css';

export interface FlagTableProps {
  readonly list: FlagList;
  /** Whether it is of the filter before, while the next is asked for. */
  readonly stale: boolean;
  readonly mayChange: boolean;
  readonly selection: Selection;
  readonly onSelect: (flags: readonly FeatureFlag[], on: boolean) => void;
  /** Rows are seen that have not been fetched. */
  readonly onMore: () => void;
  readonly onSwitch: (flag: FeatureFlag) => void;
}

/** In pixels; flag-table.css has the same. */
const ROW = 54;
const CARD = 112;
const NARROW = matchMedia('(max-width: 767px)');

/** How many rows are in the page at most, where no more than that can be seen: up to windows that are 2160 px high. */
const MOST_ROWS = 40;

/** The rows that can be seen, with some before and behind: fewer where many can be seen, so that all of them are no more than is quick. */
function rowsAround(range: Range): number[] {
  const spare = Math.floor((MOST_ROWS - (range.endIndex - range.startIndex + 1)) / 2);
  return defaultRangeExtractor({ ...range, overscan: Math.max(1, Math.min(range.overscan, spare)) });
}

/** The rows of the list, of which only those are in the page that can be seen. */
export function FlagTable({ list, stale, mayChange, selection, onSelect, onMore, onSwitch }: FlagTableProps) {
  const { rows, total } = list;
  const box = useRef<HTMLDivElement>(null);
  const narrow = useSyncExternalStore(onNarrow, () => NARROW.matches);
  const height = narrow ? CARD : ROW;
  const virtual = useVirtualizer({
    count: total,
    getScrollElement: () => box.current,
    estimateSize: () => height,
    getItemKey: (i) => rows[i]?.flag.id ?? i,
    overscan: 6,
    rangeExtractor: rowsAround,
    scrollPaddingStart: narrow ? 0 : 36,
    initialRect: { width: 800, height: 600 },
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: another height has all rows measured anew
  useEffect(() => virtual.measure(), [height]);
  const items = virtual.getVirtualItems();
  const lastSeen = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (lastSeen >= rows.length - 1 && rows.length < total) onMore();
  }, [lastSeen, rows.length, total, onMore]);

  const rowOf = (element: Element | null) => {
    const at = element?.closest('tr[data-at]')?.getAttribute('data-at');
    return at === null || at === undefined ? undefined : Number(at);
  };
  const step = (by: number) => {
    const present = rowOf(document.activeElement);
    const next = Math.max(0, Math.min(rows.length - 1, present === undefined ? (items[0]?.index ?? 0) : present + by));
    virtual.scrollToIndex(next);
    // The row may be there only after the list has moved.
    requestAnimationFrame(() => box.current?.querySelector<HTMLElement>(`tr[data-at="${next}"] .row-focus`)?.focus());
  };
  useShortcuts([
    { keys: 'j', what: words.flags.keys.next, here: true, run: () => step(1) },
    { keys: 'k', what: words.flags.keys.previous, here: true, run: () => step(-1) },
    {
      keys: 'x',
      what: words.flags.keys.select,
      here: true,
      run: () => {
        const row = rows[rowOf(document.activeElement) ?? -1];
        if (row !== undefined && mayChange) onSelect([row.flag], !selection.has(row.flag.key));
      },
    },
  ]);

  const loaded = rows.map(({ flag }) => flag);
  const picked = loaded.filter(({ key }) => selection.has(key)).length;
  const before = items[0]?.start ?? 0;
  const after = virtual.getTotalSize() - (items.at(-1)?.end ?? 0);
  return (
    <div ref={box} className="flags-box" data-stale={stale ? '' : undefined}>
      <table className="flags" aria-label={words.flags.table} aria-rowcount={total + 1}>
        <Head>
          {mayChange && (
            <Checkbox
              label={words.flags.selectLoaded}
              checked={picked > 0 && picked === loaded.length}
              ref={(input) => {
                if (input !== null) input.indeterminate = picked > 0 && picked < loaded.length;
              }}
              onChange={({ target }) => onSelect(loaded, target.checked)}
            />
          )}
        </Head>
        <tbody>
          <Space height={before} />
          {items.map(({ index, key }) => {
            const row = rows[index];
            return row === undefined ? (
              <WaitingRow key={key} at={index} />
            ) : (
              <FlagRow
                key={key}
                at={index}
                listed={row}
                mayChange={mayChange}
                selected={selection.has(row.flag.key)}
                onSelect={onSelect}
                onSwitch={onSwitch}
              />
            );
          })}
          <Space height={after} />
        </tbody>
      </table>
    </div>
  );
}

/** Rows of grey bars, while the first page is on its way. */
export function LoadingTable() {
  return (
    <div className="flags-box">
      <table className="flags" aria-label={words.flags.table} aria-busy>
        <Head />
        <tbody>
          {Array.from({ length: 8 }, (_, at) => (
            <WaitingRow key={at} at={at} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Head({ children }: { readonly children?: React.ReactNode }) {
  const { columns } = words.flags;
  return (
    <thead>
      <tr aria-rowindex={1}>
        <th className="column-select">{children ?? <span className="unseen">{columns.select}</span>}</th>
        <th className="column-state">{columns.state}</th>
        <th className="column-flag">{columns.flag}</th>
        <th className="column-who">{columns.who}</th>
        <th className="column-tags">{columns.tags}</th>
        <th className="column-owner">{columns.owner}</th>
        <th className="column-changed">{columns.changed}</th>
        <th className="column-active">{columns.active}</th>
      </tr>
    </thead>
  );
}

/** The height of the rows that are not in the page. One cell is enough: of columns that are hidden more would make new ones. */
function Space({ height }: { readonly height: number }) {
  if (height <= 0) return null;
  return (
    // biome-ignore lint/a11y/noInteractiveElementToNoninteractiveRole: it is no row of the table, and a reader must not count it as one
    <tr role="presentation" className="space">
      <td role="presentation" style={{ blockSize: height }} />
    </tr>
  );
}

function WaitingRow({ at }: { readonly at: number }) {
  return (
    <tr aria-rowindex={at + 2} className="waiting" aria-hidden>
      <td className="column-select" />
      <td className="column-state">
        <Skeleton width="64px" />
      </td>
      <td className="column-flag">
        <Skeleton width={`${40 + ((at * 37) % 40)}%`} />
      </td>
      <td className="column-who">
        <Skeleton width={`${55 + ((at * 53) % 40)}%`} />
      </td>
      <td className="column-tags" />
      <td className="column-owner" />
      <td className="column-changed" />
      <td className="column-active" />
    </tr>
  );
}

function onNarrow(listener: () => void): () => void {
  NARROW.addEventListener('change', listener);
  return () => NARROW.removeEventListener('change', listener);
}

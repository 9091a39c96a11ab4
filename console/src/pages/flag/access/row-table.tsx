import { Link } from '@tanstack/react-router';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef, useSyncExternalStore } from 'react';
import type { AccessRow } from '../../../../../src/protocol/gen/admin-json.js';
import { type DraftedRow, type RowSays, saysOf } from '../../../draft/flag/rows.js';
import { isolated } from '../../../parts/isolated.js';
import { rowText } from '../../../parts/ladder/row-text.js';
import { IconButton } from '../../../ui/button.js';
import { Checkbox, Select } from '../../../ui/field.js';
import { OrganizationIcon, PeopleIcon, PersonIcon, RemoveIcon, UndoIcon } from '../../../ui/icons.js';
import { words } from '../../../words/flag-access-words.js';

export interface RowTableProps {
  readonly rows: readonly DraftedRow[];
  /** Whether they are of the filter before, while the next is asked for. */
  readonly stale: boolean;
  readonly mayChange: boolean;
  readonly selection: ReadonlyMap<string, AccessRow>;
  readonly onSelect: (keys: readonly string[], on: boolean) => void;
  readonly onSay: (row: AccessRow, says: RowSays) => void;
  readonly onDrop: (row: AccessRow) => void;
  readonly onForget: (row: AccessRow) => void;
  /** Has the rest fetched; undefined where there is none, or it is on its way. */
  readonly more: (() => void) | undefined;
}

/** In pixels; access-tab.css has the same. */
const ROW = 46;
const CARD = 92;
const HEAD = 36;
const NARROW = matchMedia('(max-width: 767px)');

/** The rows, of which only those are in the page that can be seen. */
export function RowTable(props: RowTableProps) {
  const { rows, stale, mayChange, selection, onSelect, more } = props;
  const { rows: said } = words.flagAccess;
  const box = useRef<HTMLDivElement>(null);
  const narrow = useSyncExternalStore(onNarrow, () => NARROW.matches);
  const height = narrow ? CARD : ROW;
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: () => height,
    getItemKey: (i) => rows[i]?.key ?? i,
    overscan: 6,
    scrollPaddingStart: narrow ? 0 : HEAD,
    initialRect: { width: 800, height: 480 },
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: another height has all rows measured anew
  useEffect(() => virtual.measure(), [height]);
  const items = virtual.getVirtualItems();
  const lastSeen = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (lastSeen >= rows.length - 30) more?.();
  }, [lastSeen, rows.length, more]);
  const own = rows.filter(({ row }) => row.managed_by === '').map(({ key }) => key);
  const picked = own.filter((key) => selection.has(key)).length;
  const total = virtual.getTotalSize();
  return (
    <div
      ref={box}
      className="rows-box"
      data-stale={stale ? '' : undefined}
      style={{ blockSize: total + (narrow ? 2 : HEAD + 2) }}
    >
      <table className="rows" aria-label={said.table} aria-rowcount={rows.length + 1}>
        <thead>
          <tr aria-rowindex={1}>
            <th className="column-select">
              {mayChange ? (
                <Checkbox
                  label={said.selectLoaded}
                  checked={picked > 0 && picked === own.length}
                  ref={(input) => {
                    if (input !== null) input.indeterminate = picked > 0 && picked < own.length;
                  }}
                  onChange={({ target }) => onSelect(own, target.checked)}
                />
              ) : (
                <span className="unseen">{said.columns.select}</span>
              )}
            </th>
            <th className="column-who">{said.columns.who}</th>
            <th className="column-says">{said.columns.says}</th>
            <th className="column-by">{said.columns.by}</th>
            <th className="column-does">
              <span className="unseen">{said.columns.does}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          <Space height={items[0]?.start ?? 0} />
          {items.map(({ index, key }) => (
            <Row key={key} {...props} at={index} drafted={rows[index]!} />
          ))}
          <Space height={total - (items.at(-1)?.end ?? 0)} />
        </tbody>
      </table>
    </div>
  );
}

/** The height of the rows that are not in the page. */
function Space({ height }: { readonly height: number }) {
  if (height <= 0) return null;
  return (
    // biome-ignore lint/a11y/noInteractiveElementToNoninteractiveRole: it is no row of the table, and a reader must not count it as one
    <tr role="presentation" className="space">
      <td role="presentation" style={{ blockSize: height }} />
    </tr>
  );
}

interface RowProps extends RowTableProps {
  readonly at: number;
  readonly drafted: DraftedRow;
}

function Row({ at, drafted, mayChange, selection, onSelect, onSay, onDrop, onForget }: RowProps) {
  const { rows: said } = words.flagAccess;
  const { key, row, mark } = drafted;
  const who = rowText(row);
  const own = row.managed_by === '';
  const mine = mayChange && own;
  return (
    <tr
      aria-rowindex={at + 2}
      data-mark={mark}
      data-selected={selection.has(key) ? '' : undefined}
      data-says={saysOf(row)}
    >
      <td className="column-select">
        {mine && (
          <Checkbox
            label={said.select(who)}
            checked={selection.has(key)}
            onChange={({ target }) => onSelect([key], target.checked)}
          />
        )}
      </td>
      <td className="column-who">
        <div className="row-who">
          <Who row={row} />
          {mark !== undefined && <span className="row-mark">{said.marks[mark]}</span>}
        </div>
      </td>
      <td className="column-says">
        {mine && mark !== 'dropped' ? (
          <Select
            label={said.saysOf(who)}
            value={saysOf(row)}
            options={Object.entries(said.says).map(([value, label]) => ({ value, label }))}
            onChoose={(says) => onSay(row, says as RowSays)}
          />
        ) : (
          <span className="row-says">{said.says[saysOf(row)]}</span>
        )}
      </td>
      <td className="column-by" title={own ? undefined : said.theirs}>
        <bdi>{own ? said.platform : row.managed_by}</bdi>
      </td>
      <td className="column-does">
        {mine &&
          (mark === undefined ? (
            <IconButton label={said.removeOf(who)} icon={<RemoveIcon aria-hidden />} onClick={() => onDrop(row)} />
          ) : (
            <IconButton label={said.keepOf(who)} icon={<UndoIcon aria-hidden />} onClick={() => onForget(row)} />
          ))}
      </td>
    </tr>
  );
}

function Who({ row: { user_id, role, organization_id } }: { readonly row: AccessRow }) {
  const { rows: said } = words.flagAccess;
  if (user_id !== '')
    return (
      <>
        <PersonIcon aria-label={said.kinds.user} role="img" />
        <Link to="/people/$id" params={{ id: user_id }} search={{}} title={user_id} className="row-name">
          <bdi>{user_id}</bdi>
        </Link>
      </>
    );
  const Icon = organization_id === '' ? PeopleIcon : OrganizationIcon;
  return (
    <>
      <Icon aria-label={organization_id === '' ? said.kinds.role : said.kinds.organization} role="img" />
      <span className="row-name" title={organization_id || role}>
        {role !== '' && said.roleIn(isolated(role))}
        {role !== '' && organization_id !== '' && ' · '}
        {organization_id !== '' && (
          <Link to="/organizations/$id" params={{ id: organization_id }} search={{}}>
            <bdi>{organization_id}</bdi>
          </Link>
        )}
      </span>
    </>
  );
}

function onNarrow(listener: () => void): () => void {
  NARROW.addEventListener('change', listener);
  return () => NARROW.removeEventListener('change', listener);
}

import type { PendingRow } from '../../../draft/flag/changes.js';
import { saysOf } from '../../../draft/flag/rows.js';
import { rowText } from '../../../parts/ladder/row-text.js';
import { words } from '../../../words/flag-access-words.js';

/** How many of many rows are named; the rest is a number. */
const NAMED = 20;

const KINDS = ['changed', 'ALLOW', 'DENY', 'RECORD', 'dropped'] as const;

/** What saving changes of a flag's access rows: how many of each kind, whom they are for, and what those said that are there already. */
export function ReviewRows({ rows }: { readonly rows: readonly PendingRow[] }) {
  const { diff } = words.flag;
  const groups = Map.groupBy(rows, kindOf);
  return KINDS.filter((kind) => groups.has(kind)).map((kind) => {
    const named = groups.get(kind)!;
    return (
      <li key={kind}>
        {diff.rows[kind](named.length)}:{' '}
        <span className="review-rows">
          {named.slice(0, NAMED).map(rowInWords).join(', ')}
          {named.length > NAMED && ` ${diff.rowsMore(named.length - NAMED)}`}
        </span>
      </li>
    );
  });
}

function kindOf({ kind, row, was }: PendingRow): (typeof KINDS)[number] {
  if (kind === 'drop') return 'dropped';
  return was === undefined || saysOf(was) === saysOf(row) ? saysOf(row) : 'changed';
}

function rowInWords(pending: PendingRow): string {
  const { diff } = words.flag;
  const { says } = words.flagAccess.rows;
  const { row, was } = pending;
  switch (kindOf(pending)) {
    case 'changed':
      return diff.rowChanged(rowText(row), says[saysOf(was!)], says[saysOf(row)]);
    case 'dropped':
      return was === undefined ? rowText(row) : diff.rowWas(rowText(row), says[saysOf(was)]);
    default:
      return rowText(row);
  }
}

import type { AccessRow } from '../../../../../src/protocol/gen/admin-json.js';
import type { PendingRow } from '../../../draft/flag/changes.js';
import { saysOf } from '../../../draft/flag/rows.js';
import { rowText } from '../../../parts/ladder/row-text.js';
import { words } from '../../../words/flag-access-words.js';

/** How many of many rows are named; the rest is a number. */
const NAMED = 20;

const KINDS = ['ALLOW', 'DENY', 'RECORD', 'dropped'] as const;

/** What saving changes of a flag's access rows: how many of each kind, and whom they are for. */
export function ReviewRows({ rows }: { readonly rows: readonly PendingRow[] }) {
  const { diff } = words.flag;
  const groups = Map.groupBy(rows, ({ kind, row }) => (kind === 'drop' ? 'dropped' : saysOf(row)));
  return KINDS.filter((kind) => groups.has(kind)).map((kind) => {
    const named = groups.get(kind)!.map(({ row }) => row);
    return (
      <li key={kind}>
        {diff.rows[kind](named.length)}:{' '}
        <span className="review-rows">
          {named
            .slice(0, NAMED)
            .map((row: AccessRow) => rowText(row))
            .join(', ')}
          {named.length > NAMED && ` ${diff.rowsMore(named.length - NAMED)}`}
        </span>
      </li>
    );
  });
}

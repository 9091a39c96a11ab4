import type { AccessRow } from '../../../../../src/protocol/gen/admin-json.js';
import { words } from '../../../words/people-words.js';

/** A row that somebody else has changed since a fix of it was offered; undefined: there is none. */
export interface ChangedRow {
  readonly was: AccessRow | undefined;
  readonly theirs: AccessRow | undefined;
}

/** Both sides of a row that somebody else has changed meanwhile: what it was, what it is by now, and what the fix makes of it. */
export function RowChanged({ was, theirs, yours }: ChangedRow & { readonly yours: AccessSays | undefined }) {
  const { rowChanged } = words.person.fixes;
  const sides = [
    [rowChanged.was, was],
    [rowChanged.theirs, theirs],
    [rowChanged.yours, yours],
  ] as const;
  return (
    <div className="row-changed" role="alert">
      <strong>{rowChanged.title}</strong>
      <dl>
        {sides.map(([name, row]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{rowSays(row)}</dd>
          </div>
        ))}
      </dl>
      <p>{rowChanged.what}</p>
    </div>
  );
}

/** As much of a row as says what it does. */
export type AccessSays = Pick<AccessRow, 'effect' | 'enabled'>;

function rowSays(row: AccessSays | undefined): string {
  const { says, none, recorded } = words.person.fixes.rowChanged;
  if (row === undefined) return none;
  const said = says[row.effect === 'DENY' ? 'DENY' : 'ALLOW'];
  return row.enabled === false ? recorded(said) : said;
}

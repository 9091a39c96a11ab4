import type { ReactNode } from 'react';
import './plain-table.css';

export interface Column {
  readonly key: string;
  readonly name: string;
  /** Numbers stand at the end. */
  readonly numbers?: boolean;
  /** What stands in it is short, and never broken. */
  readonly whole?: boolean;
  /** Whether its name is for those alone who do not see the table. */
  readonly nameUnseen?: boolean;
}

export interface PlainTableProps {
  readonly name: string;
  readonly columns: readonly Column[];
  /** The cells by the columns' keys; the first column names the row. */
  readonly rows: readonly { readonly key: string; readonly cells: Readonly<Record<string, ReactNode>> }[];
}

/** A table of some rows. On narrow screens each is a card, with the names of the columns before what stands in them. */
export function PlainTable({ name, columns, rows }: PlainTableProps) {
  return (
    <table className="plain-table" aria-label={name} style={{ '--columns': columns.length }}>
      <thead>
        <tr>
          {columns.map(({ key, name: title, numbers, nameUnseen }) => (
            <th key={key} scope="col" data-numbers={numbers === true ? '' : undefined}>
              <span className={nameUnseen === true ? 'unseen' : undefined}>{title}</span>
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map(({ key: row, cells }) => (
          <tr key={row}>
            {columns.map(({ key, name: title, numbers, whole, nameUnseen }, at) => {
              const Cell = at === 0 ? 'th' : 'td';
              return (
                <Cell
                  key={key}
                  scope={at === 0 ? 'row' : undefined}
                  data-numbers={numbers === true ? '' : undefined}
                  data-whole={whole === true ? '' : undefined}
                  data-name={at === 0 || nameUnseen === true ? undefined : title}
                >
                  <div>{cells[key]}</div>
                </Cell>
              );
            })}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

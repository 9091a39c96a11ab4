import type { AccessRow } from '../../../../../src/protocol/gen/admin-json.js';

const COLUMNS = ['user_id', 'role', 'organization_id', 'effect', 'enabled', 'managed_by'] as const;

/** What spreadsheets take for the beginning of a formula. */
const FORMULA = /^[=+\-@\t\r]/;

/** Rows as a table of RFC 4180, with a head. A name that a spreadsheet would take for a formula has an apostrophe before it. */
export function csvOf(rows: readonly AccessRow[]): string {
  const lines = rows.map((row) => COLUMNS.map((column) => cell(String(valueIn(row, column)))).join(','));
  return `${[COLUMNS.join(','), ...lines].join('\r\n')}\r\n`;
}

/** Rows as a line of JSON each, as the API takes them. */
export function linesOf(rows: readonly AccessRow[]): string {
  return rows
    .map((row) => `${JSON.stringify(Object.fromEntries(COLUMNS.map((column) => [column, valueIn(row, column)])))}\n`)
    .join('');
}

function valueIn(row: AccessRow, column: (typeof COLUMNS)[number]): string | boolean {
  if (column === 'enabled') return row.enabled !== false;
  if (column === 'effect') return row.effect === 'DENY' ? 'DENY' : 'ALLOW';
  return row[column];
}

function cell(text: string): string {
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

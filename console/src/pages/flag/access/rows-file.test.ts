import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { AccessRow } from '../../../../../src/protocol/gen/admin-json.js';
import { csvOf, linesOf } from './rows-file.js';

const rows = fc.array(
  fc.record<AccessRow>({
    user_id: fc.string({ unit: 'binary' }),
    role: fc.constantFrom('', 'manager', 'a,b', '"'),
    organization_id: fc.constantFrom('', '=HYPERLINK("x")', '-1'),
    managed_by: fc.constantFrom('', 'acme'),
    effect: fc.constantFrom('ALLOW', 'DENY'),
    enabled: fc.boolean(),
  }),
);

/** The cells of a table of RFC 4180. */
function cellsOf(csv: string): string[][] {
  const table: string[][] = [[]];
  for (const [, quoted, plain = '', end] of csv.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|$)/g)) {
    table.at(-1)!.push(quoted?.replaceAll('""', '"') ?? plain);
    if (end === '\r\n') table.push([]);
  }
  return table.slice(1, -1);
}

it('writes rows that can be read again, with no formula among them', () => {
  fc.assert(
    fc.property(rows, (all) => {
      const told = all.map((row) => [
        row.user_id,
        row.role,
        row.organization_id,
        row.effect,
        String(row.enabled),
        row.managed_by,
      ]);
      const cells = cellsOf(csvOf(all));
      expect(cells.flat().filter((cell) => /^[=+\-@\t\r]/.test(cell))).toEqual([]);
      expect(cells.map((line) => line.map((cell) => cell.replace(/^'(?=[=+\-@\t\r])/, '')))).toEqual(told);
      const lines = linesOf(all).split('\n').slice(0, -1);
      expect(lines.map((line): unknown => JSON.parse(line))).toEqual(all);
    }),
  );
});

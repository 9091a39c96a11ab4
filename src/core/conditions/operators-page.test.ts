import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { OPERATORS } from './operator-table.js';
import { DECORATOR_NAMES, OPERATOR_NAMES } from './operators.js';
import { operatorsPage } from './operators-page.js';
import { faultOfConstant } from './value-kind.js';

const committed = readFileSync(join(import.meta.dirname, '../../../docs/operators.md'), 'utf8');

describe('the page of operators', () => {
  it('is what the table of operators makes (npm run docs:operators writes it)', () => {
    expect(committed).toBe(operatorsPage(OPERATORS));
  });

  it('has every operator and decorator, each with a sentence of its own and examples', () => {
    expect(OPERATORS.map(({ name }) => name).toSorted()).toEqual([...OPERATOR_NAMES].toSorted());
    for (const { name, meaning, examples } of OPERATORS) {
      expect(committed).toContain(`\n## ${name}\n\n${meaning}\n`);
      expect(meaning).toMatch(/^[A-Z].*\.$/);
      expect(examples.length).toBeGreaterThan(0);
    }
    for (const name of DECORATOR_NAMES) expect(committed).toMatch(new RegExp(`\n- \`${name}\`: .+\\.\n`));
  });

  it('says of a number and of its text that they differ, and where order reads one', () => {
    expect(committed).toContain('- `18` against `"18"` does not hold');
    expect(committed).toContain('- `"9"` against `10` holds');
    expect(committed).toContain('- `2557` against `["2557"]` does not hold');
    expect(committed).toMatch(/\| \[`lessThan`\]\(#lessthan\) \| yes \| yes \| never holds \|/);
    expect(committed).toMatch(/\| \[`notEqual`\].* \| always holds \|\n/);
  });

  it('shows constants that may be written', () => {
    for (const { name, value, examples } of OPERATORS) {
      const faults = examples.map(([, constant]) => faultOfConstant(value, constant));
      expect([name, ...faults]).toEqual([name, ...examples.map(() => undefined)]);
    }
  });
});

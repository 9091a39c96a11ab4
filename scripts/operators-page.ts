/** Writes docs/operators.md from the table of operators: `npm run docs:operators`. */
import { writeFileSync } from 'node:fs';
import { OPERATORS } from '../src/core/conditions/operator-table.js';
import { operatorsPage } from '../src/core/conditions/operators-page.js';

writeFileSync(new URL('../docs/operators.md', import.meta.url), operatorsPage(OPERATORS));

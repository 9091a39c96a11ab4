/** Writes docs/facts.md from the table of facts: `npm run docs:facts`. */
import { writeFileSync } from 'node:fs';
import { FACTS } from '../src/core/facts/fact-table.js';
import { factsPage } from '../src/core/facts/facts-page.js';

writeFileSync(new URL('../docs/facts.md', import.meta.url), factsPage(FACTS.values()));

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { FACTS } from './fact-table.js';
import { factsPage } from './facts-page.js';

const committed = readFileSync(join(import.meta.dirname, '../../../docs/facts.md'), 'utf8');

describe('the page of facts', () => {
  it('is what the table of facts makes (npm run docs:facts writes it)', () => {
    expect(committed).toBe(factsPage(FACTS.values()));
  });

  it('has every fact, each with a sentence of its own', () => {
    for (const { name, description } of FACTS.values()) {
      expect(committed).toContain(`\n## ${name}\n\n${description}\n`);
      expect(description).toMatch(/^[A-Z].*\.$/);
    }
    expect(new Set([...FACTS.values()].map(({ description }) => description)).size).toBe(FACTS.size);
  });

  it('names every param with what it may be', () => {
    expect(committed).toContain('- `windowDays` (may be left out): a whole number from 1 to 366.');
    expect(committed).toContain('- `which` (may be left out): `first` or `last`.');
    expect(committed).toContain('- `flag`: a text.');
  });
});

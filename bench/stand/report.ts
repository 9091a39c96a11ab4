import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { median } from './figures.js';

export interface Row {
  readonly what: string;
  readonly unit: string;
  /** One value a round. */
  readonly values: readonly number[];
  readonly digits?: number;
  /** What is to be reached by the median. */
  readonly mark?: { readonly atLeast: number } | { readonly atMost: number };
}

/** The figures of one run of a bench: told as a table, and written as JSON into `RESULTS`, `bench/results` by default. */
export class Report {
  readonly #bench: string;
  readonly #settings: Readonly<Record<string, string | number>>;
  readonly #rows: Row[] = [];

  /** `settings` are what was measured with: sizes, rounds, versions. */
  constructor(bench: string, settings: Readonly<Record<string, string | number>>) {
    this.#bench = bench;
    this.#settings = settings;
    console.log(
      `${bench}: ${Object.entries(settings)
        .map(([name, value]) => `${name} ${value}`)
        .join(', ')}`,
    );
    console.log('| what | median | lowest–highest | unit | mark |');
    console.log('| --- | --- | --- | --- | --- |');
  }

  row(row: Row): void {
    this.#rows.push(row);
    const { values, unit, what, digits = 0 } = row;
    const shown = (value: number): string => value.toFixed(digits);
    const range = `${shown(Math.min(...values))}–${shown(Math.max(...values))}`;
    console.log(`| ${[what, shown(median(values)), range, unit, markOf(row)].join(' | ')} |`);
  }

  /** Writes the file; gives its path. */
  end(): string {
    const folder = process.env.RESULTS ?? join('bench', 'results');
    mkdirSync(folder, { recursive: true });
    const path = join(folder, `${this.#bench}.json`);
    const machine = { processors: cpus().length, model: cpus()[0]?.model ?? '', node: process.version };
    const rows = this.#rows.map((row) => ({
      ...row,
      median: median(row.values),
      lowest: Math.min(...row.values),
      highest: Math.max(...row.values),
      ...(row.mark !== undefined && { reached: isReached(row) }),
    }));
    const content = { bench: this.#bench, at: new Date().toISOString(), machine, settings: this.#settings, rows };
    writeFileSync(path, `${JSON.stringify(content, undefined, 2)}\n`);
    console.log(`${path} has every round.`);
    return path;
  }
}

function isReached({ mark, values }: Row): boolean {
  if (mark === undefined) return true;
  return 'atLeast' in mark ? median(values) >= mark.atLeast : median(values) <= mark.atMost;
}

function markOf(row: Row): string {
  const { mark } = row;
  if (mark === undefined) return '';
  const wanted = 'atLeast' in mark ? `≥ ${mark.atLeast}` : `≤ ${mark.atMost}`;
  return `${wanted}: ${isReached(row) ? 'reached' : 'missed'}`;
}

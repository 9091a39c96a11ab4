import type { Metric, Registry } from 'prom-client';
import { DOOR_NAMES, type DoorName } from '../calls/doors.js';

const BOUNDS_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** The durations of one kind of calls. `counts` has, for each bound, the calls up to it and above the bound before. */
interface Series {
  readonly labels: { readonly door: string; readonly operation: string; readonly code: string };
  readonly counts: number[];
  count: number;
  sum: number;
}

/**
 * A histogram of calls by door, operation and code, as plain numbers that each scrape reads. The library's histogram makes a text
 * of the labels for each call, which costs as much as a small decision.
 */
export class CallDurations {
  readonly name: string;
  readonly help: string;
  readonly #byDoor = Object.fromEntries(DOOR_NAMES.map((door) => [door, new Map()])) as Record<
    DoorName,
    Map<string, Map<string, Series>>
  >;

  constructor({ name, help, registry }: { name: string; help: string; registry: Registry }) {
    this.name = name;
    this.help = help;
    // The registry needs a metric's name and values only, but its type takes the library's own classes alone.
    registry.registerMetric(this as unknown as Metric);
  }

  ended(door: DoorName, operation: string, code: string, durationMs: number): void {
    const series = this.#byDoor[door].get(operation)?.get(code) ?? this.#add(door, operation, code);
    const seconds = durationMs / 1000;
    series.count++;
    series.sum += seconds;
    for (let i = 0; i < BOUNDS_SECONDS.length; i++) {
      if (seconds <= BOUNDS_SECONDS[i]!) {
        series.counts[i]!++;
        return;
      }
    }
  }

  /** What the registry reads at each scrape. */
  async get() {
    const all = Object.values(this.#byDoor).flatMap((operations) =>
      [...operations.values()].flatMap((codes) => [...codes.values()]),
    );
    const values = all.flatMap((series) => this.#valuesOf(series));
    return { name: this.name, help: this.help, type: 'histogram', values, aggregator: 'sum' };
  }

  /** Forgets everything; the registry's own reset calls it. */
  reset(): void {
    for (const operations of Object.values(this.#byDoor)) operations.clear();
  }

  #valuesOf({ labels, counts, count, sum }: Series) {
    let upTo = 0;
    const buckets = BOUNDS_SECONDS.map((le, i) => {
      upTo += counts[i]!;
      return { labels: { le, ...labels }, value: upTo, metricName: `${this.name}_bucket` };
    });
    return [
      ...buckets,
      { labels: { le: '+Inf', ...labels }, value: count, metricName: `${this.name}_bucket` },
      { labels, value: sum, metricName: `${this.name}_sum` },
      { labels, value: count, metricName: `${this.name}_count` },
    ];
  }

  #add(door: DoorName, operation: string, code: string): Series {
    const series = { labels: { door, operation, code }, counts: BOUNDS_SECONDS.map(() => 0), count: 0, sum: 0 };
    const codes = this.#byDoor[door].get(operation);
    if (codes === undefined) this.#byDoor[door].set(operation, new Map([[code, series]]));
    else codes.set(code, series);
    return series;
  }
}

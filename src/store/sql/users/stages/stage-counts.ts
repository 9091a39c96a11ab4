import { durationBucket } from '../../../../core/values/duration-histogram.js';
import { weekNumber } from '../../../../core/values/time/joining-week.js';
import { insertRows } from '../../engine/insert-rows.js';
import { changeByKey } from '../../engine/rows-by-key.js';
import type { Sql } from '../../engine/sql.js';
import type { UserKey } from '../../engine/user-keys.js';

/** In place of a week: all weeks together, and joined at an unknown instant. No instant that can be stored is in such a week. */
export const ALL_WEEKS = -2_000_000_000;
export const UNKNOWN_WEEK = -1_999_999_999;

/** In place of a bucket of durations. */
export const REACHED = -2;
export const NOW = -1;

/** Rows for one counter: a change of a stage waits for as many others at the most as there are users of its partitions. */
const STRIPES = 16;

/** Under what a user is counted. */
export interface CountedUnder {
  /** '' for none. */
  readonly organizationId: string;
  /** In epoch milliseconds. */
  readonly joinedAt: number | null;
}

/** A stage that a user has reached, as far as it is counted. */
export interface CountedStage {
  readonly stage: string;
  readonly reachedAt: number;
  /** When the user left it for the first time; null as long as that has not been, or is not known. */
  readonly leftAt: number | null;
}

type CountKey = readonly [organizationId: string, week: number, stage: string, bucket: number, stripe: number];

/**
 * The changes of a transaction to the counts of onboarding. They are written in one statement at its end, in the order of their keys, so
 * that their rows are locked for a short time, and in one order by all.
 */
export class StageCounts {
  readonly #changes = new Map<string, { readonly key: CountKey; n: number }>();

  /** Counts a user's stages, or with `sign` −1 takes them away. `present` is the stage that the user is in; '' for none. */
  count(user: UserKey, under: CountedUnder, stages: readonly CountedStage[], { present, sign }: Counting): void {
    for (const { stage, reachedAt, leftAt } of stages) {
      this.add(user, under, { stage, bucket: REACHED, n: sign });
      if (stage === present) this.add(user, under, { stage, bucket: NOW, n: sign });
      if (leftAt !== null) this.add(user, under, { stage, bucket: durationBucket(leftAt - reachedAt), n: sign });
    }
  }

  add([part]: UserKey, { organizationId, joinedAt }: CountedUnder, change: CountChange): void {
    const { stage, bucket, n } = change;
    const week = joinedAt === null ? UNKNOWN_WEEK : weekNumber(joinedAt);
    for (const of of organizationId === '' ? [''] : ['', organizationId]) {
      for (const weeks of [ALL_WEEKS, week]) {
        const key: CountKey = [of, weeks, stage, bucket, part % STRIPES];
        const text = JSON.stringify(key);
        const known = this.#changes.get(text);
        if (known === undefined) this.#changes.set(text, { key, n });
        else known.n += n;
      }
    }
  }

  /** Writes the changes; nothing where there are none. */
  async write(sql: Sql): Promise<void> {
    const rows = [...this.#changes.values()].flatMap(({ key, n }) => (n === 0 ? [] : [[...key, n]]));
    if (rows.length === 0) return;
    await insertRows(sql, {
      table: 'onboarding_counts',
      columns: ['organization_id', 'week', 'stage', 'bucket', 'stripe', 'n'],
      keyLength: 5,
      rows,
      existing: { n: 'add' },
    });
    await this.#dropEmpty(sql);
  }

  /**
   * Removes rows that have come to nothing where users were taken away: who nobody is any more has left no stage behind. Where they only
   * went on, a row stays, and is soon counted in again.
   */
  async #dropEmpty(sql: Sql): Promise<void> {
    const emptied = new Map<string, CountKey>();
    for (const { key, n } of this.#changes.values()) {
      const [organizationId, week, stage, bucket, stripe] = key;
      if (n >= 0 || bucket === NOW) continue;
      emptied.set(JSON.stringify(key), key);
      // Where nobody has reached it, nobody is in it.
      const now: CountKey = [organizationId, week, stage, NOW, stripe];
      if (bucket === REACHED) emptied.set(JSON.stringify(now), now);
    }
    const isEmpty = (condition: string): string => `DELETE FROM onboarding_counts WHERE ${condition} AND n = 0`;
    await changeByKey(sql, COUNT_KEY, [...emptied.values()], isEmpty);
  }
}

const COUNT_KEY = ['organization_id', 'week', 'stage', 'bucket', 'stripe'];

export interface Counting {
  readonly present: string;
  readonly sign: 1 | -1;
}

export interface CountChange {
  readonly stage: string;
  readonly bucket: number;
  readonly n: number;
}

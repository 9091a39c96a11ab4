import type { Clock } from '../../calls/clock.js';
import { faultOfName } from '../../core/values/names.js';
import { DAY_MS } from '../../core/values/time/time.js';
import type { AskedKey } from '../../store/node-store.js';

/** How many keys a server remembers: those that were asked for last. */
const REMEMBERED = 500;
/** How many of them it tells other servers: those that were asked for most often. */
const TOLD = 20;
/** For how long a key is told after it was asked for last. */
const TOLD_FOR_MS = DAY_MS;

/** Keys that clients asked this server for and that no flag had, or an archived one. */
export class UnknownKeys {
  readonly #clock: Clock;
  /** By key, the one that was asked for last coming last. */
  readonly #asked = new Map<string, AskedKey>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Notes that a key was asked for. Text that can be no flag's key is not noted. */
  note(key: string): void {
    const now = this.#clock.now();
    const known = this.#asked.get(key);
    if (known === undefined && faultOfName('flagKey', key) !== undefined) return;
    this.#asked.delete(key);
    this.#asked.set(key, { key, times: (known?.times ?? 0) + 1, firstAt: known?.firstAt ?? now, lastAt: now });
    if (this.#asked.size <= REMEMBERED) return;
    const [oldest] = this.#asked.keys();
    this.#asked.delete(oldest!);
  }

  /** Those of the last day that were asked for most often, at most 20. */
  report(): readonly AskedKey[] {
    const from = this.#clock.now() - TOLD_FOR_MS;
    return mostAsked([...this.#asked.values()].filter(({ lastAt }) => lastAt >= from)).slice(0, TOLD);
  }
}

/** What several servers were asked for, in all. A server of another release may say nothing of it. */
export function askedInAll(reports: readonly (readonly AskedKey[] | undefined)[]): readonly AskedKey[] {
  const all = new Map<string, AskedKey>();
  for (const asked of reports.flatMap((report) => report ?? [])) {
    const { key, times, firstAt, lastAt } = all.get(asked.key) ?? { ...asked, times: 0 };
    all.set(key, {
      key,
      times: times + asked.times,
      firstAt: Math.min(firstAt, asked.firstAt),
      lastAt: Math.max(lastAt, asked.lastAt),
    });
  }
  return mostAsked([...all.values()]);
}

function mostAsked(asked: readonly AskedKey[]): readonly AskedKey[] {
  return asked.toSorted((a, b) => b.times - a.times || (a.key < b.key ? -1 : 1));
}

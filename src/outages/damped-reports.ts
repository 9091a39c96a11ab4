const EVERY_MS = 60_000;
/** How many kinds of failures are remembered, which is more than there are: all names are written in the code. */
const MOST_KINDS = 1_000;

/** Takes a report; `leftOut` is how many failures of the same kind there were since the last report. */
export type Report = (name: string, error: unknown, leftOut: number) => void;

interface Reported {
  at: number;
  leftOut: number;
}

/**
 * Reports what fails again and again once a minute: the first failure at once, and later how many more there were. Each kind of
 * failure of a name is reported by itself, so that an outage does not hide a defect.
 */
export class DampedReports {
  readonly #report: Report;
  readonly #now: () => number;
  readonly #kinds = new Map<string, Reported>();

  constructor(report: Report, now: () => number = () => performance.now()) {
    this.#report = report;
    this.#now = now;
  }

  failed(name: string, error: unknown): void {
    const kind = `${name}: ${error instanceof Error ? error.name : typeof error}`;
    const now = this.#now();
    const last = this.#kinds.get(kind);
    if (last !== undefined && now - last.at < EVERY_MS) {
      last.leftOut++;
      return;
    }
    if (this.#kinds.size >= MOST_KINDS) this.#kinds.clear();
    this.#kinds.set(kind, { at: now, leftOut: 0 });
    this.#report(name, error, last?.leftOut ?? 0);
  }
}

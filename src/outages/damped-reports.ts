const EVERY_MS = 60_000;
/** How many kinds of failures are remembered; more than there are, since names are written in the code. */
const MOST_KINDS = 1_000;

/** `leftOut` is how many failures of the same kind came since the last one that was reported. */
export type Report = (name: string, error: unknown, leftOut: number) => void;

interface Reported {
  at: number;
  leftOut: number;
}

/**
 * Reports what fails again and again once a minute: the first failure at once, then how many more there were. Of one name, a
 * failure of another kind is reported by itself, so that an outage hides no defect.
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

import { SECOND_MS } from '../../core/values/time/time.js';
import type { AuditEntry, AuditFilter, AuditReader } from '../../store/audit-store.js';
import type { AuditMark } from './live-position.js';

/**
 * How long an entry may take to be seen after the instant that it has: until its transaction commits. Nearly all take less; one that
 * takes longer is in the audit, and told to nobody here.
 */
const LONG_TRANSACTION_MS = 15 * SECOND_MS;
const READ_AT_ONCE = 200;
/** The most entries after the floor whose ids are kept: where more are written within that time, the floor rises before. */
const IDS_KEPT = 1_000;
/** The most entries that a reader is told who comes back. */
export const MOST_MISSED = 500;

/**
 * The audit as it grows: of the whole deployment, or what is within an organization's reach. Entries come in the order of their ids where
 * their transactions commit in that order; one that commits later comes later.
 */
export class AuditTrail {
  readonly #reader: Pick<AuditReader, 'list'>;
  readonly #filter: AuditFilter;
  /** All entries up to here have been told. */
  #floor = 0;
  /** When the entries after the floor were written that have been told; by id. */
  #told = new Map<number, number>();
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(reader: Pick<AuditReader, 'list'>, scope: string) {
    this.#reader = reader;
    this.#filter = scope === '' ? {} : { reach: scope };
  }

  /** Follows the audit from now on: what is there already counts as told. */
  static async begin(reader: Pick<AuditReader, 'list'>, scope: string, now: number): Promise<AuditTrail> {
    const trail = new AuditTrail(reader, scope);
    const { items } = await reader.list({ limit: READ_AT_ONCE }, trail.#filter);
    for (const { id, at } of items.toReversed()) trail.#told.set(id, at);
    trail.#floor = Math.max(0, (items.at(-1)?.id ?? 1) - 1);
    trail.#raiseFloor(now);
    return trail;
  }

  get mark(): AuditMark {
    return { floor: this.#floor, told: [...this.#told.keys()].toSorted((a, b) => a - b) };
  }

  /** Runs one piece of work at a time, so that nobody joins between what is read and what is told. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    return done;
  }

  /** Tells of each entry that is new, with the mark after it. */
  async poll(now: number, tell: (entry: AuditEntry, mark: AuditMark) => void): Promise<void> {
    for (let after = this.#floor; ; ) {
      const page = await this.#page(after);
      for (const entry of page.items) {
        if (this.#told.has(entry.id)) continue;
        this.#told.set(entry.id, entry.at);
        tell(entry, this.mark);
      }
      if (page.next === undefined) break;
      after = Number(page.next);
    }
    this.#raiseFloor(now);
  }

  /**
   * The entries that a reader has not been told of who had come to that mark, oldest first, and which this trail has told; undefined where
   * they are more than {@link MOST_MISSED}.
   */
  async missed({ floor, told }: AuditMark): Promise<readonly AuditEntry[] | undefined> {
    const known = new Set(told);
    const missed: AuditEntry[] = [];
    for (let after = floor; missed.length <= MOST_MISSED; ) {
      const page = await this.#page(after);
      missed.push(...page.items.filter(({ id }) => !known.has(id) && this.#hasTold(id)));
      if (page.next === undefined) return missed.length <= MOST_MISSED ? missed : undefined;
      after = Number(page.next);
    }
    return undefined;
  }

  #page(after: number) {
    return this.#reader.list({ limit: READ_AT_ONCE, order: 'oldest', after: String(after) }, this.#filter);
  }

  #hasTold(id: number): boolean {
    return id <= this.#floor || this.#told.has(id);
  }

  #raiseFloor(now: number): void {
    const ids = [...this.#told.keys()].toSorted((a, b) => a - b);
    for (const [i, id] of ids.entries()) {
      if (this.#told.get(id)! > now - LONG_TRANSACTION_MS && ids.length - i <= IDS_KEPT) return;
      this.#told.delete(id);
      this.#floor = id;
    }
  }
}

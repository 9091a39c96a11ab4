import type { Backfill, BackfillReader } from '../../store/backfill-store.js';

/** How many backfills are looked at that were started last, whether or not they have ended: one may begin and end between two looks. */
const NEWEST = 20;
const UNFINISHED = 100;

/** The backfills that have begun, got further or ended since somebody looked. */
export class MovingBackfills {
  readonly #reader: Pick<BackfillReader, 'get' | 'list'>;
  /** How each backfill stood that is looked at, by id. */
  #known = new Map<string, Backfill>();

  private constructor(reader: Pick<BackfillReader, 'get' | 'list'>) {
    this.#reader = reader;
  }

  static async begin(reader: Pick<BackfillReader, 'get' | 'list'>): Promise<MovingBackfills> {
    const moving = new MovingBackfills(reader);
    const unfinished = await reader.list({ limit: UNFINISHED }, { unfinished: true });
    for (const backfill of unfinished.items) moving.#known.set(backfill.id, backfill);
    await moving.poll();
    return moving;
  }

  /** Whether one of them is under way, so that it is worth looking again soon. */
  get underWay(): boolean {
    return [...this.#known.values()].some(({ finishedAt }) => finishedAt === undefined);
  }

  /** Those that are under way, and those that have ended at that instant or later; oldest first. */
  since(endedAt: number): readonly Backfill[] {
    return [...this.#known.values()]
      .filter(({ finishedAt = Infinity }) => finishedAt >= endedAt)
      .toSorted((a, b) => a.createdAt - b.createdAt);
  }

  /** Looks again; gives those that stand otherwise than at the last look. */
  async poll(): Promise<readonly Backfill[]> {
    const { items } = await this.#reader.list({ limit: NEWEST }, {});
    const newest = new Set(items.map(({ id }) => id));
    const others = [...this.#known.values()].filter(
      ({ id, finishedAt }) => finishedAt === undefined && !newest.has(id),
    );
    const looked = [...items, ...(await Promise.all(others.map(({ id }) => this.#reader.get(id))))];
    const present = looked.filter((backfill) => backfill !== undefined);
    const moved = present.filter((backfill) => !stands(backfill, this.#known.get(backfill.id)));
    this.#known = new Map(present.map((backfill) => [backfill.id, backfill]));
    return moved;
  }
}

function stands(now: Backfill, before: Backfill | undefined): boolean {
  return before !== undefined && JSON.stringify(now) === JSON.stringify(before);
}

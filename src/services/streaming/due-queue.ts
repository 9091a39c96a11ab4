/** The longest that a timer of Node can wait. */
const LONGEST_MS = 2 ** 31 - 1;

interface Entry<T> {
  readonly item: T;
  readonly at: number;
}

/** Calls back when an item is due. All items share one timer. */
export class DueQueue<T> {
  readonly #now: () => number;
  readonly #onDue: (item: T) => void;
  /** A binary heap, soonest first. An entry whose item was set anew stays in it until its time, and is passed over then. */
  readonly #heap: Entry<T>[] = [];
  readonly #current = new Map<T, Entry<T>>();
  #timer: NodeJS.Timeout | undefined;
  #timerAt = Infinity;

  constructor(now: () => number, onDue: (item: T) => void) {
    this.#now = now;
    this.#onDue = onDue;
  }

  /** How many items wait. */
  get size(): number {
    return this.#current.size;
  }

  /** Says when the item is due, Infinity being never, in place of what was said before. */
  set(item: T, at: number): void {
    if (this.#current.get(item)?.at === at) return;
    this.delete(item);
    if (at === Infinity) return;
    const entry = { item, at };
    this.#current.set(item, entry);
    this.#push(entry);
    this.#arm();
  }

  delete(item: T): void {
    this.#current.delete(item);
    // Entries that will be passed over are removed when they are many, or setting items anew would fill the heap.
    if (this.#heap.length > 2 * this.#current.size + 64) this.#rebuild();
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#timerAt = Infinity;
    this.#heap.length = 0;
    this.#current.clear();
  }

  #arm(): void {
    const next = this.#heap[0]?.at ?? Infinity;
    if (next === this.#timerAt) return;
    clearTimeout(this.#timer);
    this.#timerAt = next;
    if (next === Infinity) return;
    this.#timer = setTimeout(() => this.#fire(), Math.min(Math.max(next - this.#now(), 0), LONGEST_MS));
    this.#timer.unref();
  }

  #fire(): void {
    this.#timerAt = Infinity;
    const now = this.#now();
    for (let first = this.#heap[0]; first !== undefined && first.at <= now; first = this.#heap[0]) {
      this.#pop();
      if (this.#current.get(first.item) !== first) continue;
      this.#current.delete(first.item);
      this.#onDue(first.item);
    }
    this.#arm();
  }

  #push(entry: Entry<T>): void {
    const heap = this.#heap;
    let child = heap.push(entry) - 1;
    while (child > 0) {
      const parent = (child - 1) >> 1;
      if (heap[parent]!.at <= entry.at) break;
      heap[child] = heap[parent]!;
      child = parent;
    }
    heap[child] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let parent = 0;
    for (let child = 1; child < heap.length; child = 2 * parent + 1) {
      if (child + 1 < heap.length && heap[child + 1]!.at < heap[child]!.at) child++;
      if (heap[child]!.at >= last.at) break;
      heap[parent] = heap[child]!;
      parent = child;
    }
    heap[parent] = last;
  }

  #rebuild(): void {
    const live = [...this.#current.values()];
    this.#heap.length = 0;
    for (const entry of live) this.#push(entry);
  }
}

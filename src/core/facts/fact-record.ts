import { type JsonObject, ownMember } from '../values/json.js';
import { type PathReader, readPath } from '../values/path.js';
import type { BoundFact, FactChange, FactDefinition, FactSources } from './fact-definition.js';
import { FACTS } from './fact-table.js';
import type { TimeReading } from './time-reading.js';

/** A fact with the params and the path that a condition of a snapshot reads it by. Its value has this index in every record. */
export interface FactSlot {
  readonly index: number;
  readonly definition: FactDefinition;
  readonly params: JsonObject;
  /** '' where the condition has none. */
  readonly path: string;
  readonly bound: BoundFact;
  /** Present where time alone changes the value. */
  readonly time: TimeReading | undefined;
  read(sources: FactSources): unknown;
}

/**
 * The facts that a snapshot reads, each once. Grows while a snapshot is compiled, and not after; the next snapshot begins
 * with its {@link copy}, so that what is compiled already goes on reading the same places.
 */
export class FactSlots {
  #slots: (FactSlot | undefined)[] = [];
  #indexes = new Map<string, number>();
  /** Places of facts that nothing reads any more. */
  #free: number[] = [];
  /** Places that were taken since it was copied. */
  readonly #added: number[] = [];
  /** The facts by what changes them, as they are asked for. */
  readonly #byChange = new Map<FactChange, readonly FactSlot[]>();
  readonly #facts: ReadonlyMap<string, FactDefinition>;
  /** The parts belong to another one as well, as yet. */
  #shared: boolean = false;

  /** @param facts the table of the facts that it may read; those about users when left out */
  constructor(facts: ReadonlyMap<string, FactDefinition> = FACTS) {
    this.#facts = facts;
  }

  /** How many places a record has. */
  get size(): number {
    return this.#slots.length;
  }

  /** The places of facts that the one that it is a {@link copy} of does not have. */
  get added(): readonly number[] {
    return this.#added;
  }

  /** Every fact that is read. */
  all(): readonly FactSlot[] {
    return this.#slots.filter((slot) => slot !== undefined);
  }

  /** Every fact that this can change. */
  changedBy(change: FactChange): readonly FactSlot[] {
    let changed = this.#byChange.get(change);
    if (changed === undefined) {
      changed = this.all().filter(({ bound }) => bound.changedBy.has(change));
      this.#byChange.set(change, changed);
    }
    return changed;
  }

  /**
   * The index of the slot for this fact, params and path, which is added when there is none yet. Params must have been
   * validated. Throws for a fact that is not in the table, or a path that is not plain.
   */
  slot(fact: string, params: JsonObject = {}, path = ''): number {
    const definition = this.#facts.get(fact);
    if (definition === undefined) throw new Error(`unknown fact "${fact}"`);
    const key = keyOf(definition, params, path);
    const known = this.#indexes.get(key);
    if (known !== undefined) return known;
    const index = this.#free.at(-1) ?? this.#slots.length;
    const slot = makeSlot(index, definition, params, path);
    this.#own();
    this.#free.pop();
    this.#added.push(index);
    this.#slots[index] = slot;
    this.#indexes.set(key, index);
    return index;
  }

  /** The slot of an index that {@link slot} gave. */
  at(index: number): FactSlot {
    const slot = this.#slots[index];
    if (slot === undefined) throw new RangeError(`no fact slot ${index}`);
    return slot;
  }

  /** One with the same facts at the same places, which can grow by itself. */
  copy(): FactSlots {
    const copy = new FactSlots(this.#facts);
    copy.#slots = this.#slots;
    copy.#indexes = this.#indexes;
    copy.#free = this.#free;
    copy.#shared = true;
    this.#shared = true;
    return copy;
  }

  /** Whether it has the same facts at the same places as one that it is a {@link copy} of. */
  sameAs(other: FactSlots): boolean {
    return this.#slots === other.#slots;
  }

  /** Forgets what nothing reads; others may take these places. */
  drop(indexes: Iterable<number>): void {
    for (const index of indexes) {
      const { definition, params, path } = this.at(index);
      this.#own();
      this.#indexes.delete(keyOf(definition, params, path));
      this.#slots[index] = undefined;
      this.#free.push(index);
    }
  }

  /** The fact's value in a record, at the record's instant. */
  valueOf(index: number, record: FactRecord): unknown {
    return factValue(this.at(index), record);
  }

  /** The base of each slot's fact, in the slots' order. */
  read(sources: FactSources): unknown[] {
    // Not by adding to a list: that leaves room for half as many again, and these are held for every user.
    return this.#slots.map((slot) => slot?.read(sources));
  }

  /** Before anything changes. */
  #own(): void {
    this.#byChange.clear();
    if (!this.#shared) return;
    this.#slots = [...this.#slots];
    this.#indexes = new Map(this.#indexes);
    this.#free = [...this.#free];
    this.#shared = false;
  }
}

function keyOf(definition: FactDefinition, params: JsonObject, path: string): string {
  return JSON.stringify([
    definition.name,
    path,
    ...definition.params.map(({ name }) => ownMember(params, name) ?? null),
  ]);
}

function makeSlot(index: number, definition: FactDefinition, params: JsonObject, path: string): FactSlot {
  const bound = definition.bind?.(params);
  if (bound === undefined) throw new Error(`${definition.name} is not read as a fact of its own`);
  // Facts that move with time are numbers or texts, of which any path reads the value itself.
  const pathReader: PathReader | undefined = path === '' || bound.time !== undefined ? undefined : readPath(path);
  const read =
    pathReader === undefined ? bound.read : (sources: FactSources): unknown => pathReader(bound.read(sources));
  return { index, definition, params, path, bound, time: bound.time, read };
}

/** The value of a slot's fact in a record, at the record's instant. */
export function factValue({ index, time }: FactSlot, { values, now }: FactRecord): unknown {
  return time === undefined ? values[index] : time.at(values[index], now);
}

/**
 * One user's facts at an instant. `values` holds the facts' bases and not their values at `now`, so that records of one
 * user at several instants share it; see {@link withNow}.
 */
export interface FactRecord {
  readonly values: readonly unknown[];
  /** Epoch milliseconds. */
  readonly now: number;
}

/** A user's facts at this instant, without reading them again. */
export function withNow({ values }: Pick<FactRecord, 'values'>, now: number): FactRecord {
  return { values, now };
}

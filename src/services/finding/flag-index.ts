import type { Flag } from '../../core/flags/flag.js';
import type { CompiledFlag, Snapshot } from '../../core/snapshot/snapshot.js';
import { foldedText } from '../../core/values/folded-text.js';

export const FLAG_ORDERS = ['KEY', 'NAME', 'UPDATED', 'CREATED'] as const;
export type FlagOrder = (typeof FLAG_ORDERS)[number];

/** A flag as lists and searches see it. */
export interface ListedFlag {
  readonly compiled: CompiledFlag;
  /** As stored, also where it cannot be compiled. */
  readonly flag: Flag;
  readonly folded: FoldedFlag;
}

/** The texts of a flag, folded. */
interface FoldedFlag {
  readonly key: string;
  readonly name: string;
  /** Key, name, tags and description, a line each: what is looked for has no line break, so that it is found within one of them. */
  readonly all: string;
}

/** A flag stays the same object from snapshot to snapshot until it changes: its texts are folded once. */
const FOLDED = new WeakMap<Flag, FoldedFlag>();
const INDEXES = new WeakMap<Snapshot, FlagIndex>();

/** The flags of a snapshot. It is made when it is first asked for, and an order when it is. */
export class FlagIndex {
  readonly #flags: readonly ListedFlag[];
  readonly #orders = new Map<FlagOrder, readonly ListedFlag[]>();

  private constructor(snapshot: Snapshot) {
    this.#flags = Array.from(snapshot.flags.values(), (compiled) => {
      const flag = compiled.stored;
      return { compiled, flag, folded: foldedFlag(flag) };
    });
    this.#orders.set('KEY', this.#flags);
  }

  static of(snapshot: Snapshot): FlagIndex {
    let index = INDEXES.get(snapshot);
    if (index === undefined) {
      index = new FlagIndex(snapshot);
      INDEXES.set(snapshot, index);
    }
    return index;
  }

  /** All flags in an order, ascending; those that are alike in it by key. */
  in(order: FlagOrder): readonly ListedFlag[] {
    let sorted = this.#orders.get(order);
    if (sorted === undefined) {
      sorted = this.#flags.toSorted((one, other) => comparePlaces(placeOf(one, order), placeOf(other, order)));
      this.#orders.set(order, sorted);
    }
    return sorted;
  }
}

function foldedFlag(flag: Flag): FoldedFlag {
  let folded = FOLDED.get(flag);
  if (folded === undefined) {
    const [key, name, ...rest] = [flag.key, flag.name, ...flag.tags, flag.description].map(foldedText) as [
      string,
      string,
      ...string[],
    ];
    folded = { key, name, all: [key, name, ...rest].join('\n') };
    FOLDED.set(flag, folded);
  }
  return folded;
}

/** Where a flag stands in an order. */
export type FlagPlace = readonly [by: string | number, key: string];

export function placeOf({ flag, folded }: ListedFlag, order: FlagOrder): FlagPlace {
  switch (order) {
    case 'KEY':
      return ['', flag.key];
    case 'NAME':
      return [folded.name, flag.key];
    case 'UPDATED':
      return [flag.updatedAt, flag.key];
    case 'CREATED':
      return [flag.createdAt, flag.key];
  }
}

export function comparePlaces([by, key]: FlagPlace, [otherBy, otherKey]: FlagPlace): number {
  if (by !== otherBy) return by < otherBy ? -1 : 1;
  return key === otherKey ? 0 : key < otherKey ? -1 : 1;
}

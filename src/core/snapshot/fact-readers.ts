import type { FactChange } from '../facts/fact-definition.js';
import type { FactSlots } from '../facts/fact-record.js';
import { type Move, NamesByKey } from '../values/names-by-key.js';

type Flags = ReadonlySet<string>;

const NOBODY: Flags = new Set<string>();

/** Which flags' rules read which facts, also by way of segments: the keys of flags, archived ones included. */
export class FactReaders {
  readonly #slots: FactSlots;
  readonly #bySlot: NamesByKey<number>;
  #grouped: Grouped | undefined;

  constructor(slots: FactSlots, bySlot: NamesByKey<number> = new NamesByKey()) {
    this.#slots = slots;
    this.#bySlot = bySlot;
  }

  /** The flags that read the fact of a slot. */
  ofSlot(index: number): Flags {
    return this.#bySlot.get(index);
  }

  /** Whether any flag reads the fact of a slot. */
  isRead(index: number): boolean {
    return this.#bySlot.has(index);
  }

  /** The flags that read a fact which this kind of change can change. */
  ofChange(change: FactChange): Flags {
    return this.#groups().byChange.get(change) ?? NOBODY;
  }

  /** The flags that read a fact which an event of this action can change. */
  ofAction(action: string): Flags {
    return this.#groups().byAction.get(action) ?? NOBODY;
  }

  /** The actions whose events can change a fact that some flag reads. */
  actionsRead(): Iterable<string> {
    return this.#groups().byAction.keys();
  }

  /** The readers in the next snapshot, in which these flags read other slots. */
  moved(slots: FactSlots, moves: Iterable<Move<number>>): FactReaders {
    const bySlot = this.#bySlot.moved(moves);
    return bySlot === this.#bySlot && slots === this.#slots ? this : new FactReaders(slots, bySlot);
  }

  /** The groups, which are made when they are first asked for: not every snapshot is asked. */
  #groups(): Grouped {
    this.#grouped ??= this.#gather();
    return this.#grouped;
  }

  #gather(): Grouped {
    const byChange = new Map<FactChange, Set<string>>();
    const byAction = new Map<string, Set<string>>();
    for (const { index, bound, params } of this.#slots.all()) {
      for (const change of bound.changedBy) addAll(byChange, change, this.ofSlot(index));
      const { action } = params;
      if (typeof action === 'string' && bound.changedBy.has('events')) addAll(byAction, action, this.ofSlot(index));
    }
    return { byChange, byAction };
  }
}

interface Grouped {
  readonly byChange: ReadonlyMap<FactChange, Flags>;
  readonly byAction: ReadonlyMap<string, Flags>;
}

function addAll<Key>(groups: Map<Key, Set<string>>, key: Key, flagKeys: Flags): void {
  const group = groups.get(key) ?? new Set<string>();
  groups.set(key, group);
  for (const flagKey of flagKeys) group.add(flagKey);
}

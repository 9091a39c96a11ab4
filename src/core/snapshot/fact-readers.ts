import { actionRead } from '../facts/action-param.js';
import type { FactChange } from '../facts/fact-definition.js';
import type { FactSlot, FactSlots } from '../facts/fact-record.js';
import { type Move, NamesByKey } from './names-by-key.js';

type Flags = ReadonlySet<string>;

interface Readers {
  readonly bySlot: NamesByKey<number>;
  readonly byChange: NamesByKey<FactChange>;
  readonly byAction: NamesByKey<string>;
}

/** Which flags' rules read which facts, also by way of segments: the keys of flags, archived ones included. */
export class FactReaders {
  readonly #slots: FactSlots;
  readonly #readers: Readers;

  constructor(
    slots: FactSlots,
    readers: Readers = { bySlot: new NamesByKey(), byChange: new NamesByKey(), byAction: new NamesByKey() },
  ) {
    this.#slots = slots;
    this.#readers = readers;
  }

  /** The flags that read the fact of a slot. */
  ofSlot(index: number): Flags {
    return this.#readers.bySlot.get(index);
  }

  /** Whether any flag reads the fact of a slot. */
  isRead(index: number): boolean {
    return this.#readers.bySlot.has(index);
  }

  /** The flags that read a fact which this kind of change can change. */
  ofChange(change: FactChange): Flags {
    return this.#readers.byChange.get(change);
  }

  /** The flags that read a fact which an event of this action can change. */
  ofAction(action: string): Flags {
    return this.#readers.byAction.get(action);
  }

  /** The actions whose events can change a fact that some flag reads. */
  actionsRead(): Iterable<string> {
    return this.#readers.byAction.keys();
  }

  /** The readers in the next snapshot, in which these flags read other slots of this table. */
  moved(slots: FactSlots, moves: readonly Move<number>[]): FactReaders {
    const bySlot = this.#readers.bySlot.moved(moves);
    if (bySlot === this.#readers.bySlot && slots.sameAs(this.#slots)) return this;
    const by = <Key>(keyOf: (slot: FactSlot) => Iterable<Key>): readonly Move<Key>[] => {
      const keysBefore = keysOfSlots(this.#slots, keyOf);
      const keysAfter = keysOfSlots(slots, keyOf);
      return moves.map(({ name, from, to }) => ({ name, from: keysBefore(from), to: keysAfter(to) }));
    };
    return new FactReaders(slots, {
      bySlot,
      byChange: this.#readers.byChange.moved(by(({ bound }) => bound.changedBy)),
      byAction: this.#readers.byAction.moved(by(actionOf)),
    });
  }
}

/** Gives the keys of facts by their slots: very many flags have one set of slots in common, for which the answer is found once. */
function keysOfSlots<Key>(
  table: FactSlots,
  keyOf: (slot: FactSlot) => Iterable<Key>,
): (indexes: ReadonlySet<number>) => ReadonlySet<Key> {
  const known = new Map<ReadonlySet<number>, ReadonlySet<Key>>();
  return (indexes) => {
    let keys = known.get(indexes);
    if (keys === undefined) {
      keys = new Set(Array.from(indexes, (index) => [...keyOf(table.at(index))]).flat());
      known.set(indexes, keys);
    }
    return keys;
  };
}

/** The action whose events can change a fact: not those of the user where it is their organization's. */
function actionOf({ definition, bound, params }: FactSlot): readonly string[] {
  const action = bound.changedBy.has('organization events') ? undefined : actionRead(definition, params);
  return action === undefined ? [] : [action];
}

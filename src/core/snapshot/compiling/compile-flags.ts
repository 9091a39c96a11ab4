import { ConditionCompiler } from '../../conditions/compiling/compile-conditions.js';
import type { FactSlots } from '../../facts/fact-record.js';
import type { ConfigurationChanges, Segment } from '../../flags/flag.js';
import type { JsonObject } from '../../values/json.js';
import type { Dependencies, Referred, Referring } from '../dependencies.js';
import { faultOfExpansion } from '../expansion.js';
import type { CompiledFlag, CompileFailure, FlagKind, Snapshot } from '../snapshot.js';
import { compileFlag, keptForm, type StoredFlag } from './compile-flag.js';

export interface SegmentsAfter {
  readonly all: ReadonlyMap<string, Segment>;
  /** The segments that have changed, by key; undefined for one that was removed. */
  readonly changed: ReadonlyMap<string, JsonObject | undefined>;
}

/** The segments after these changes. */
export function segmentsAfter(
  { segments }: Snapshot,
  { segments: given, segmentKeys }: ConfigurationChanges,
): SegmentsAfter {
  const changed = new Map<string, JsonObject | undefined>(given.map(({ key, conditions }) => [key, conditions]));
  const all = new Map(segments);
  for (const segment of given) all.set(segment.key, segment);
  if (segmentKeys !== undefined) {
    const there = new Set(segmentKeys);
    for (const key of segments.keys()) {
      if (there.has(key)) continue;
      changed.set(key, undefined);
      all.delete(key);
    }
  }
  return changed.size === 0 ? { all: segments, changed } : { all, changed };
}

export interface CompiledParts
  extends Pick<Snapshot, 'flags' | 'slots' | 'compiledSegments' | 'dependencies' | 'readers' | 'kinds' | 'failures'> {
  /** The keys of the flags that have changed or were removed. */
  readonly changed: ReadonlySet<string>;
}

/** What a change is compiled of. */
export interface Compiling {
  readonly base: Snapshot;
  readonly changes: ConfigurationChanges;
  readonly segments: SegmentsAfter;
  readonly last: Snapshot;
  /** The flags with rules that organizations earn, as organizations are judged by them; left out where there are none. */
  readonly organizations?: Snapshot | undefined;
}

/** Compiles the flags that changes concern. */
export class FlagsCompiler {
  readonly #base: Snapshot;
  readonly #last: Snapshot;
  readonly #segments: SegmentsAfter;
  readonly #slots: FactSlots;
  readonly #compiler: ConditionCompiler;
  readonly #changed: ReadonlyMap<string, StoredFlag>;
  readonly #gone: readonly string[];
  readonly #organizations: Snapshot | undefined;
  #dependencies: Dependencies;

  constructor({ base, changes, segments, last, organizations }: Compiling) {
    this.#base = base;
    this.#organizations = organizations;
    this.#last = last;
    this.#segments = segments;
    this.#slots = base.slots.copy();
    const rows = Map.groupBy(changes.roleAccess, ({ flagId }) => flagId);
    const changed = new Map<string, StoredFlag>();
    for (const flag of changes.flags) changed.set(flag.key, { flag, roleAccess: rows.get(flag.id) ?? NO_ROLE_ACCESS });
    this.#changed = changed;
    const there = changes.flagKeys && new Set(changes.flagKeys);
    this.#gone = there === undefined ? [] : [...base.flags.keys()].filter((key) => !there.has(key));
    const flags = new Map<string, Referring | undefined>(changed);
    for (const key of this.#gone) flags.set(key, undefined);
    this.#dependencies = base.dependencies.with({ flags, segments: segments.changed });
    const conditions = { get: (key: string) => segments.all.get(key)?.conditions };
    this.#compiler = new ConditionCompiler(this.#slots, conditions, this.#segmentsKept());
  }

  compile(): CompiledParts {
    const compiled = new Map<string, CompiledFlag>();
    const failures = new Map<string, CompileFailure>();
    for (const [key, stored] of this.#toCompile()) {
      try {
        compiled.set(key, this.#compileFlag(stored));
      } catch (error) {
        failures.set(key, { flagKey: key, message: error instanceof Error ? error.message : String(error) });
        compiled.set(
          key,
          keptForm(stored, this.#last.flagsById.get(stored.flag.id), this.#slots, this.#organizations?.flags.get(key)),
        );
      }
    }
    const changes = new Map<string, CompiledFlag | undefined>(compiled);
    for (const key of this.#gone) changes.set(key, undefined);
    const flags = this.#base.flags.with(changes);
    const kinds = this.#base.kinds.moved(
      Array.from(changes, ([name, entry]) => {
        return { name, from: this.#base.flags.get(name)?.kinds ?? NO_KINDS, to: entry?.kinds ?? NO_KINDS };
      }),
    );
    const changed = new Set(changes.keys());
    return { flags, kinds, changed, ...this.#read(compiled), ...this.#failures(compiled, failures) };
  }

  /** The flags that have changed themselves, or that refer to a segment that has. */
  #toCompile(): ReadonlyMap<string, StoredFlag> {
    const found = new Map(this.#changed);
    for (const segment of this.#segments.changed.keys()) {
      for (const key of this.#dependencies.reaching(segment)) {
        const present = this.#base.flags.get(key);
        if (present === undefined || found.has(key)) continue;
        found.set(key, { flag: present.stored, roleAccess: present.roleAccess });
      }
    }
    return found;
  }

  #compileFlag(stored: StoredFlag): CompiledFlag {
    const { key } = stored.flag;
    const fault = faultOfExpansion(this.#dependencies.expansionOf(key));
    if (fault !== undefined) throw new Error(`its rules ${fault}`);
    const failure = this.#organizations?.failures.find(({ flagKey }) => flagKey === key);
    if (failure !== undefined) throw new Error(failure.message);
    const organizations = this.#organizations?.flags.get(key);
    const named = this.#dependencies.segmentsOf(key);
    if (named.size === 0) return compileFlag(stored, NO_SEGMENTS, this.#compiler, organizations);
    const segments = new Map<string, JsonObject>();
    for (const segment of named) {
      const conditions = this.#segments.all.get(segment)?.conditions;
      if (conditions !== undefined) segments.set(segment, conditions);
    }
    return compileFlag(stored, segments, this.#compiler, organizations);
  }

  /** The compiled segments that mean the same as before, also by way of other segments. */
  #segmentsKept(): Snapshot['compiledSegments'] {
    const { changed } = this.#segments;
    if (changed.size === 0) return this.#base.compiledSegments;
    const graph = this.#dependencies.segments;
    return new Map([...this.#base.compiledSegments].filter(([key]) => !graph.leadsTo(key, changed)));
  }

  /** Which flags read which slots now. Slots that no flag reads any more are freed. */
  #read(compiled: ReadonlyMap<string, CompiledFlag>): Pick<Snapshot, 'slots' | 'readers' | 'compiledSegments'> {
    const { base, slots } = { base: this.#base, slots: this.#slots };
    const names = [...compiled.keys(), ...this.#gone];
    const moves = names.map((name) => ({
      name,
      from: base.flags.get(name)?.slotsRead ?? NOTHING_READ,
      to: compiled.get(name)?.slotsRead ?? NOTHING_READ,
    }));
    const readers = base.readers.moved(slots, moves);
    // The slots that may be unread now: those that flags read before, and those that were added for flags that did not compile.
    const perhaps = new Set(slots.added);
    for (const { from } of moves) for (const index of from) perhaps.add(index);
    const dropped = new Set([...perhaps].filter((index) => !readers.isRead(index)));
    slots.drop(dropped);
    const kept = slots.sameAs(base.slots) ? base.slots : slots;
    return { slots: kept, readers, compiledSegments: this.#compiler.compiledSegments(dropped) };
  }

  #failures(
    compiled: ReadonlyMap<string, CompiledFlag>,
    failures: ReadonlyMap<string, CompileFailure>,
  ): Pick<Snapshot, 'failures' | 'dependencies'> {
    const past = this.#base.failures;
    if (past.length === 0 && failures.size === 0) return { failures: past, dependencies: this.#dependencies };
    const gone = new Set(this.#gone);
    const staying = past.filter(({ flagKey }) => !compiled.has(flagKey) && !gone.has(flagKey));
    // A flag that failed before may compile now: what its last form referred to does not matter then.
    const concerned = [...past.map(({ flagKey }) => flagKey), ...failures.keys()].filter((key) => compiled.has(key));
    const flags = new Map(
      concerned.map((key) => {
        const { stored, ...form } = compiled.get(key)!;
        return [key, { flag: stored, kept: failures.has(key) ? this.#referredBy(form) : undefined }];
      }),
    );
    return {
      failures: [...staying, ...failures.values()].toSorted((a, b) => (a.flagKey < b.flagKey ? -1 : 1)),
      dependencies: this.#dependencies.with({ flags }),
    };
  }

  /** What a kept form refers to. Changes of segments do not change it. */
  #referredBy({ flag, rules, latchingRules }: Pick<CompiledFlag, 'flag' | 'rules' | 'latchingRules'>): Referred {
    const unlockedBy = (some: typeof rules): ReadonlySet<string> => {
      const slots = some.flatMap(({ conditions, byOrganization }) => {
        const table = byOrganization ? this.#organizations!.slots : this.#slots;
        return Array.from(conditions.slotsRead, (index) => table.at(index));
      });
      return new Set(
        slots.flatMap(({ definition, params }) => (definition.name === 'unlocked' ? [String(params.flag)] : [])),
      );
    };
    return {
      required: new Set(flag.prerequisites.map(({ flagKey }) => flagKey)),
      unlocked: unlockedBy(rules),
      unlockedToLatch: unlockedBy(latchingRules),
      segments: new Set(),
    };
  }
}

const NO_ROLE_ACCESS: StoredFlag['roleAccess'] = [];
const NO_SEGMENTS: ReadonlyMap<string, JsonObject> = new Map<string, JsonObject>();
const NO_KINDS: ReadonlySet<FlagKind> = new Set<FlagKind>();
const NOTHING_READ: ReadonlySet<number> = new Set<number>();

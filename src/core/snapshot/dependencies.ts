import { type References, referencesOf } from '../conditions/references.js';
import type { Flag } from '../flags/flag.js';
import { findCircle } from '../values/find-circle.js';
import { type JsonObject, type JsonValue, sameJson } from '../values/json.js';
import { LayeredMap } from '../values/layered-map.js';
import { type Move, NamesByKey } from '../values/names-by-key.js';
import { type Expansion, SegmentGraph } from './segment-graph.js';

/** A flag, as far as it refers to others. */
export interface Referring {
  readonly flag: Pick<Flag, 'rules' | 'prerequisites'>;
  /** What the form that it is decided by refers to, where that is not this one. */
  readonly kept?: Referred | undefined;
}

/** The flags that a flag refers to, by key, and the segments, be it through others. */
export interface Referred {
  readonly required: ReadonlySet<string>;
  /** Those whose unlocks any of its rules reads. */
  readonly unlocked: ReadonlySet<string>;
  /** Those whose unlocks a latching rule reads. */
  readonly unlockedToLatch: ReadonlySet<string>;
  readonly segments: ReadonlySet<string>;
}

/** The flags that one flag's decisions can depend on, by key; all of them are there. */
export interface FlagScope {
  /** Those that are decided: itself, what it requires, and what those require. */
  readonly decided: ReadonlySet<string>;
  /** Those whose unlocks are read by a rule of the former, or by a latching rule of these. */
  readonly unlocked: ReadonlySet<string>;
}

/** What changed of who refers to whom, by key; undefined: it is gone. */
export interface Rereferred {
  readonly flags?: ReadonlyMap<string, Referring | undefined>;
  readonly segments?: ReadonlyMap<string, JsonObject | undefined>;
}

interface Node extends Referring {
  /** What all rules name, and what the latching ones do. */
  readonly named: References;
  readonly namedToLatch: References;
  readonly referred: Referred;
}

type Nodes = LayeredMap<string, Node>;

/**
 * Who refers to whom among the flags of a configuration: by prerequisites, by `unlocked`, and through segments. It never
 * changes: {@link with} makes another one and looks only at what changed and at what that reaches.
 */
export class Dependencies {
  readonly segments: SegmentGraph;
  readonly #nodes: Nodes;
  readonly #requiring: NamesByKey<string>;
  readonly #readingUnlock: NamesByKey<string>;
  readonly #reachingSegment: NamesByKey<string>;

  constructor(
    nodes: Nodes = new LayeredMap(),
    segments: SegmentGraph = new SegmentGraph(),
    by: Pointing = { required: new NamesByKey(), unlocked: new NamesByKey(), segments: new NamesByKey() },
  ) {
    this.#nodes = nodes;
    this.segments = segments;
    this.#requiring = by.required;
    this.#readingUnlock = by.unlocked;
    this.#reachingSegment = by.segments;
  }

  /** The flags that require this one directly. */
  requiring(flagKey: string): ReadonlySet<string> {
    return this.#requiring.get(flagKey);
  }

  /** The flags whose rules read whether this one is unlocked, through segments too. */
  readingUnlockOf(flagKey: string): ReadonlySet<string> {
    return this.#readingUnlock.get(flagKey);
  }

  /** The flags whose rules refer to a segment, through others too. */
  reaching(segmentKey: string): ReadonlySet<string> {
    return this.#reachingSegment.get(segmentKey);
  }

  /** The segments that a flag's rules refer to, through others too. */
  segmentsOf(flagKey: string): ReadonlySet<string> {
    return this.#nodes.get(flagKey)?.referred.segments ?? NOBODY.segments;
  }

  /** These flags and all that hang on them, however far: that require them, or read whether they are unlocked. */
  withDependents(flagKeys: Iterable<string>): ReadonlySet<string> {
    const found = new Set(flagKeys);
    // A set is walked in the order of insertion, what is added meanwhile included.
    for (const key of found) {
      for (const dependent of this.requiring(key)) found.add(dependent);
      for (const dependent of this.readingUnlockOf(key)) found.add(dependent);
    }
    return found;
  }

  /** What a decision on a flag looks at: along prerequisites, and along `unlocked`. */
  scopeOf(flagKey: string): FlagScope {
    const decided = this.#closure([flagKey], ({ required }) => required);
    const readFirst = [...decided].flatMap((key) => [...this.#nodes.get(key)!.referred.unlocked]);
    return { decided, unlocked: this.#closure(readFirst, ({ unlockedToLatch }) => unlockedToLatch) };
  }

  /** What a flag's rules come to with every segment written out. */
  expansionOf(flagKey: string): Expansion {
    const node = this.#nodes.get(flagKey);
    return node === undefined ? NOTHING : this.segments.expansionOf(node.named);
  }

  /** A circle of prerequisites that this flag leads to, as a path of keys; undefined without one. */
  circleOfPrerequisites(flagKey: string): readonly string[] | undefined {
    return findCircle([flagKey], (key) => this.#nodes.get(key)?.referred.required ?? []);
  }

  /** A circle along `unlocked` that these flags lead to, as a path of keys and of segments as `segment KEY`. */
  circleOfUnlocks(flagKeys: Iterable<string>): readonly string[] | undefined {
    return findCircle(flagKeys, (name) => {
      const segment = name.startsWith(SEGMENT) ? name.slice(SEGMENT.length) : undefined;
      const named = segment === undefined ? this.#nodes.get(name)?.named : this.segments.get(segment);
      if (named === undefined) return [];
      return [...named.unlockedFlags, ...Array.from(named.segments.keys(), (key) => `${SEGMENT}${key}`)];
    });
  }

  /** How many prerequisites stand in a row on the longest way through this flag; counts no further than beyond `limit`. */
  prerequisitesInRow(flagKey: string, limit: number): number {
    const down = longestWay(flagKey, limit, (key) => this.#nodes.get(key)?.referred.required ?? []);
    return down + longestWay(flagKey, limit, (key) => this.requiring(key));
  }

  /** These flags, each after all whose unlocks it reads, as far as no circle prevents it. Of several orders always the same. */
  inUnlockOrder(flagKeys: readonly string[]): readonly string[] {
    const wanted = new Set(flagKeys);
    const seen = new Set<string>();
    const order: string[] = [];
    for (const start of flagKeys.toSorted()) {
      const open = [start];
      for (let key = open.at(-1); key !== undefined; key = open.at(-1)) {
        const fresh = !seen.has(key);
        seen.add(key);
        const first = fresh ? this.#unlockedBefore(key).filter((other) => !seen.has(other)) : [];
        if (first.length > 0) open.push(...first);
        else if (wanted.delete(open.pop()!)) order.push(key);
      }
    }
    return order;
  }

  /** With what changed; the same object where nothing did. */
  with({ flags = new Map(), segments = new Map() }: Rereferred): Dependencies {
    const graph = this.segments.with(segments);
    const changed = new Map<string, Node | undefined>();
    for (const [key, referring] of flags) {
      const before = this.#nodes.get(key);
      if (before !== undefined && referring !== undefined && saysTheSame(before, referring)) continue;
      changed.set(key, referring && nodeOf(referring, graph));
    }
    for (const segment of segments.keys()) {
      for (const key of this.reaching(segment)) {
        if (!changed.has(key)) changed.set(key, nodeOf(this.#nodes.get(key)!, graph));
      }
    }
    if (changed.size === 0 && segments.size === 0) return this;
    const moves = Array.from(changed, ([name, node]) => {
      return { name, before: this.#nodes.get(name)?.referred ?? NOBODY, after: node?.referred ?? NOBODY };
    });
    const movesOf = (part: keyof Referred): Move<string>[] =>
      moves.map(({ name, before, after }) => ({ name, from: before[part], to: after[part] }));
    return new Dependencies(this.#nodes.with(changed), graph, {
      required: this.#requiring.moved(movesOf('required')),
      unlocked: this.#readingUnlock.moved(movesOf('unlocked')),
      segments: this.#reachingSegment.moved(movesOf('segments')),
    });
  }

  #unlockedBefore(flagKey: string): readonly string[] {
    return [...(this.#nodes.get(flagKey)?.referred.unlocked ?? [])].toSorted();
  }

  /** Everything that can be reached from these keys; what is not there is passed over. */
  #closure(from: Iterable<string>, next: (referred: Referred) => Iterable<string>): ReadonlySet<string> {
    const found = new Set<string>();
    const open = [...from];
    for (let key = open.pop(); key !== undefined; key = open.pop()) {
      const node = this.#nodes.get(key);
      if (node === undefined || found.has(key)) continue;
      found.add(key);
      open.push(...next(node.referred));
    }
    return found;
  }
}

/** Who points at whom, seen from the other side. */
type Pointing = Readonly<Record<'required' | 'unlocked' | 'segments', NamesByKey<string>>>;

/** No key has a space. */
const SEGMENT = 'segment ';
const NOTHING: Expansion = { conditions: 0, depth: 0 };
const NOBODY: Referred = {
  required: new Set(),
  unlocked: new Set(),
  unlockedToLatch: new Set(),
  segments: new Set(),
};

function nodeOf({ flag, kept }: Referring, graph: SegmentGraph): Node {
  const named = referencesOf(...flag.rules.map(({ conditions }) => conditions));
  const latching = flag.rules.filter(({ policy }) => policy === 'LATCHING');
  const namedToLatch =
    latching.length === flag.rules.length ? named : referencesOf(...latching.map(({ conditions }) => conditions));
  const reach = graph.reachOf(named);
  const referred = {
    required: new Set(flag.prerequisites.map(({ flagKey }) => flagKey)),
    unlocked: reach.unlockedFlags,
    unlockedToLatch: namedToLatch === named ? reach.unlockedFlags : graph.reachOf(namedToLatch).unlockedFlags,
    segments: reach.segments,
  };
  return { flag, kept, named, namedToLatch, referred: kept === undefined ? referred : both(referred, kept) };
}

function both(one: Referred, other: Referred): Referred {
  return {
    required: one.required.union(other.required),
    unlocked: one.unlocked.union(other.unlocked),
    unlockedToLatch: one.unlockedToLatch.union(other.unlockedToLatch),
    segments: one.segments.union(other.segments),
  };
}

/** Whether both refer to the same, as far as they say so themselves. */
function saysTheSame(one: Referring, other: Referring): boolean {
  const said = ({ flag }: Referring): JsonValue => [flag.rules, flag.prerequisites] as unknown as JsonValue;
  return one.kept === other.kept && sameJson(said(one), said(other));
}

/** How many edges the longest way from a node has, step by step: only what leads on is kept. One more than `limit` at most. */
function longestWay(from: string, limit: number, next: (key: string) => Iterable<string>): number {
  let level: ReadonlySet<string> = new Set([from]);
  for (let edges = 0; edges <= limit; edges++) {
    const further = new Set<string>();
    for (const key of level) for (const to of next(key)) further.add(to);
    if (further.size === 0) return edges;
    level = further;
  }
  return limit + 1;
}

import { type References, referencesOf } from '../conditions/references.js';
import type { Flag } from '../flags/flag.js';
import { findCircle } from '../values/find-circle.js';
import { type JsonObject, type JsonValue, sameJson } from '../values/json.js';
import { LayeredMap } from './layered-map.js';
import { type Move, NamesByKey } from './names-by-key.js';
import { type Expansion, SegmentGraph } from './segment-graph.js';

/** A flag with what is needed to find out what it refers to. */
export interface Referring {
  readonly flag: Pick<Flag, 'rules' | 'prerequisites'>;
  /** What the flag's kept form refers to, where it is decided by that. */
  readonly kept?: Referred | undefined;
}

/** The flags and the segments that a flag refers to, by key, also by way of other segments. */
export interface Referred {
  readonly required: ReadonlySet<string>;
  /** The flags whose unlocks any of its rules reads. */
  readonly unlocked: ReadonlySet<string>;
  /** The flags whose unlocks one of its latching rules reads. */
  readonly unlockedToLatch: ReadonlySet<string>;
  readonly segments: ReadonlySet<string>;
}

/** The existing flags that decisions on a flag can depend on, by key. */
export interface FlagScope {
  /** The flags that are decided: the flag itself, its prerequisites, and theirs. */
  readonly decided: ReadonlySet<string>;
  /** The flags whose unlocks are read: by a rule of those that are decided, or by a latching rule of these. */
  readonly unlocked: ReadonlySet<string>;
}

/** The flags and segments that have changed, by key; undefined for one that was removed. */
export interface Rereferred {
  readonly flags?: ReadonlyMap<string, Referring | undefined>;
  readonly segments?: ReadonlyMap<string, JsonObject | undefined>;
}

interface Node extends Referring {
  /** What all rules name, and what the latching rules name. */
  readonly named: References;
  readonly namedToLatch: References;
  readonly referred: Referred;
}

type Nodes = LayeredMap<string, Node>;

/**
 * Which flags of a configuration refer to which: by prerequisites, by `unlocked` facts, and by way of segments. It never changes:
 * {@link with} makes another one, and looks only at what has changed and at what that reaches.
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

  /** The flags that have this one as a prerequisite. */
  requiring(flagKey: string): ReadonlySet<string> {
    return this.#requiring.get(flagKey);
  }

  /** The flags whose rules read whether this one is unlocked, also by way of segments. */
  readingUnlockOf(flagKey: string): ReadonlySet<string> {
    return this.#readingUnlock.get(flagKey);
  }

  /** The flags whose rules refer to a segment, also by way of other segments. */
  reaching(segmentKey: string): ReadonlySet<string> {
    return this.#reachingSegment.get(segmentKey);
  }

  /** The segments that a flag's rules refer to, also by way of other segments. */
  segmentsOf(flagKey: string): ReadonlySet<string> {
    return this.#nodes.get(flagKey)?.referred.segments ?? NOBODY.segments;
  }

  /** These flags and all that depend on them, directly or not: that require them, or read whether they are unlocked. */
  withDependents(flagKeys: Iterable<string>): ReadonlySet<string> {
    const found = new Set(flagKeys);
    // Walking a set includes what is added to it meanwhile.
    for (const key of found) {
      for (const dependent of this.requiring(key)) found.add(dependent);
      for (const dependent of this.readingUnlockOf(key)) found.add(dependent);
    }
    return found;
  }

  /** What a decision on a flag depends on, by prerequisites and by `unlocked` facts. */
  scopeOf(flagKey: string): FlagScope {
    const decided = this.#closure([flagKey], ({ required }) => required);
    const readFirst = [...decided].flatMap((key) => [...this.#nodes.get(key)!.referred.unlocked]);
    return { decided, unlocked: this.#closure(readFirst, ({ unlockedToLatch }) => unlockedToLatch) };
  }

  /** The size of a flag's rules with every segment written out. */
  expansionOf(flagKey: string): Expansion {
    const node = this.#nodes.get(flagKey);
    return node === undefined ? NOTHING : this.segments.expansionOf(node.named);
  }

  /** A circle of prerequisites that this flag leads to, as a path of keys; undefined without one. */
  circleOfPrerequisites(flagKey: string): readonly string[] | undefined {
    return findCircle([flagKey], (key) => this.#nodes.get(key)?.referred.required ?? []);
  }

  /** A circle of `unlocked` facts that these flags lead to, as a path of flags' keys and of segments as `segment KEY`. */
  circleOfUnlocks(flagKeys: Iterable<string>): readonly string[] | undefined {
    return findCircle(flagKeys, (name) => {
      const segment = name.startsWith(SEGMENT) ? name.slice(SEGMENT.length) : undefined;
      const named = segment === undefined ? this.#nodes.get(name)?.named : this.segments.get(segment);
      if (named === undefined) return [];
      return [...named.unlockedFlags, ...Array.from(named.segments.keys(), (key) => `${SEGMENT}${key}`)];
    });
  }

  /** The length of the longest chain of prerequisites through this flag; `limit` + 1 for any that is longer than `limit`. */
  prerequisitesInRow(flagKey: string, limit: number): number {
    const down = longestWay(flagKey, limit, (key) => this.#nodes.get(key)?.referred.required ?? []);
    return down + longestWay(flagKey, limit, (key) => this.requiring(key));
  }

  /**
   * These flags in an order in which each comes after those whose unlocks its latching rules read, unless they go in a circle. It
   * is always the same of several such orders.
   */
  inUnlockOrder(flagKeys: readonly string[]): readonly string[] {
    const wanted = new Set(flagKeys);
    const seen = new Set<string>();
    const order: string[] = [];
    for (const start of flagKeys.toSorted()) {
      const open = [start];
      for (let key = open.at(-1); key !== undefined; key = open.at(-1)) {
        const before = seen.has(key) ? [] : [...(this.#nodes.get(key)?.referred.unlockedToLatch ?? [])];
        seen.add(key);
        const first = before.filter((other) => wanted.has(other) && !seen.has(other)).toSorted();
        if (first.length > 0) open.push(...first);
        else if (wanted.delete(open.pop()!)) order.push(key);
      }
    }
    return order;
  }

  /** The dependencies after these changes; the same object where nothing changes. */
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
      moves
        .filter(({ before, after }) => before[part].size + after[part].size > 0)
        .map(({ name, before, after }) => ({ name, from: before[part], to: after[part] }));
    return new Dependencies(this.#nodes.with(changed), graph, {
      required: this.#requiring.moved(movesOf('required')),
      unlocked: this.#readingUnlock.moved(movesOf('unlocked')),
      segments: this.#reachingSegment.moved(movesOf('segments')),
    });
  }

  /** The keys of all existing flags that can be reached from these. */
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

/** For each flag or segment, the flags that refer to it, by the way in which they do. */
type Pointing = Readonly<Record<'required' | 'unlocked' | 'segments', NamesByKey<string>>>;

/** Comes before a segment's key where flags and segments are nodes of one graph. No flag's key has a space. */
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
    required:
      flag.prerequisites.length === 0 ? NOBODY.required : new Set(flag.prerequisites.map(({ flagKey }) => flagKey)),
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

/** Whether two flags refer to the same flags and segments themselves. */
function saysTheSame(one: Referring, other: Referring): boolean {
  const said = ({ flag }: Referring): JsonValue => [flag.rules, flag.prerequisites] as unknown as JsonValue;
  return one.kept === other.kept && sameJson(said(one), said(other));
}

/** The number of edges of the longest way from a node; `limit` + 1 at most. Each step keeps the nodes from which a way leads on. */
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

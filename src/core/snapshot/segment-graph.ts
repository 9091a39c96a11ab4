import { type References, referencesOf } from '../conditions/references.js';
import { findCircle } from '../values/find-circle.js';
import type { JsonObject } from '../values/json.js';

/** What conditions refer to, also by way of segments. */
export interface Reach {
  /** All segments that they refer to, also those that do not exist. */
  readonly segments: ReadonlySet<string>;
  /** All flags whose unlocks they read. */
  readonly unlockedFlags: ReadonlySet<string>;
}

/** The size of conditions with each segment written out wherever it is referred to. */
export interface Expansion {
  /** The number of comparisons, groups and references. */
  readonly conditions: number;
  /** How deep segments refer to segments. It is infinite for segments in a circle, as `conditions` is. */
  readonly depth: number;
}

const ENDLESS: Expansion = { conditions: Infinity, depth: Infinity };

/** Which segments refer to which. It never changes: {@link with} makes another one, which costs what changes. */
export class SegmentGraph {
  readonly #references: ReadonlyMap<string, References>;
  readonly #reaches = new Map<string, Reach>();
  readonly #expansions = new Map<string, Expansion>();

  constructor(references: ReadonlyMap<string, References> = new Map()) {
    this.#references = references;
  }

  /** The graph with these segments' conditions, and without the segments that are undefined. */
  with(changed: ReadonlyMap<string, JsonObject | undefined>): SegmentGraph {
    if (changed.size === 0) return this;
    const references = new Map(this.#references);
    for (const [key, conditions] of changed) {
      if (conditions === undefined) references.delete(key);
      else references.set(key, referencesOf(conditions));
    }
    return new SegmentGraph(references);
  }

  /** What a segment itself names; undefined for a segment that does not exist. */
  get(key: string): References | undefined {
    return this.#references.get(key);
  }

  /** The segments that themselves read whether a flag is unlocked. */
  readingUnlockOf(flagKey: string): readonly string[] {
    return [...this.#references].flatMap(([key, { unlockedFlags }]) => (unlockedFlags.has(flagKey) ? [key] : []));
  }

  /** Whether a segment is one of these, or refers to one, also by way of others. */
  leadsTo(key: string, some: ReadonlyMap<string, unknown>): boolean {
    return some.has(key) || [...this.#reachOfSegment(key).segments].some((reached) => some.has(reached));
  }

  reachOf(conditions: References): Reach {
    if (conditions.segments.size === 0) return { segments: NONE, unlockedFlags: conditions.unlockedFlags };
    const segments = new Set<string>();
    const unlockedFlags = new Set(conditions.unlockedFlags);
    for (const key of conditions.segments.keys()) {
      const reach = this.#reachOfSegment(key);
      segments.add(key);
      for (const each of reach.segments) segments.add(each);
      for (const each of reach.unlockedFlags) unlockedFlags.add(each);
    }
    return { segments, unlockedFlags };
  }

  expansionOf(conditions: References): Expansion {
    for (const key of conditions.segments.keys()) this.#expand(key);
    return this.#sum(conditions);
  }

  expansionOfSegment(key: string): Expansion {
    this.#expand(key);
    return this.#expansions.get(key)!;
  }

  /** A circle of segments that this one leads to, as a path; undefined without one. */
  circleFrom(key: string): readonly string[] | undefined {
    return findCircle([key], (segment) => this.#references.get(segment)?.segments.keys() ?? []);
  }

  #reachOfSegment(key: string): Reach {
    const known = this.#reaches.get(key);
    if (known !== undefined) return known;
    const segments = new Set<string>();
    const unlockedFlags = new Set<string>();
    const open = [key];
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      const references = this.#references.get(at);
      for (const flag of references?.unlockedFlags ?? []) unlockedFlags.add(flag);
      for (const next of references?.segments.keys() ?? []) {
        if (segments.has(next)) continue;
        segments.add(next);
        open.push(next);
      }
    }
    const reach = { segments, unlockedFlags };
    this.#reaches.set(key, reach);
    return reach;
  }

  /** Finds a segment's expansion, after those of the segments it refers to. One that is met again before that is in a circle. */
  #expand(key: string): void {
    const settled = this.#expansions;
    const entered = new Set<string>();
    const open = [key];
    for (let at = open.at(-1); at !== undefined; at = open.at(-1)) {
      const references = this.#references.get(at) ?? NOTHING;
      const missing = settled.has(at) ? [] : [...references.segments.keys()].filter((next) => !settled.has(next));
      if (missing.length > 0 && !entered.has(at)) {
        entered.add(at);
        open.push(...missing);
        continue;
      }
      const sum = this.#sum(references);
      if (!settled.has(at)) settled.set(at, missing.length > 0 ? ENDLESS : { ...sum, depth: sum.depth + 1 });
      open.pop();
    }
  }

  /** The expansion of conditions, from the known expansions of the segments they refer to. */
  #sum({ nodes, segments }: References): Expansion {
    let conditions = nodes;
    let depth = 0;
    for (const [key, times] of segments) {
      const expansion = this.#expansions.get(key);
      conditions += times * (expansion?.conditions ?? 0);
      depth = Math.max(depth, expansion?.depth ?? 0);
    }
    return { conditions, depth };
  }
}

const NONE: ReadonlySet<string> = new Set<string>();
const NOTHING: References = referencesOf();

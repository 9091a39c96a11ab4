import { changedFlags, windowChanges } from '../core/snapshot/configuration-changes.js';
import type { Snapshot } from '../core/snapshot/snapshot.js';

/** What changed of the configuration: all keys, and those that people may know of. */
export interface ConfigurationChange {
  readonly all: ReadonlySet<string>;
  readonly visible: ReadonlySet<string>;
}

interface Step extends ConfigurationChange {
  readonly from: number;
  readonly to: number;
}

const STEPS_KEPT = 1_000;
const NOTHING: ConfigurationChange = { all: new Set(), visible: new Set() };

/**
 * Which flags changed between revisions that this process has seen. Beyond that it names every flag: too many, and none is
 * missed.
 */
export class ConfigurationLog {
  #snapshot: Snapshot;
  #steps: Step[] = [];

  constructor(snapshot: Snapshot) {
    this.#snapshot = snapshot;
  }

  get snapshot(): Snapshot {
    return this.#snapshot;
  }

  /** A new snapshot is in place; gives what it changed. */
  swap(snapshot: Snapshot): ConfigurationChange {
    const before = this.#snapshot;
    const all = changedFlags(before, snapshot);
    const change = { all, visible: visibleOf(all, before, snapshot) };
    this.#snapshot = snapshot;
    // Back to an older revision is another life of the data: no step of before leads here.
    if (snapshot.revision <= before.revision) this.#steps = [];
    this.#steps.push({ ...change, from: before.revision, to: snapshot.revision });
    if (this.#steps.length > STEPS_KEPT) this.#steps.shift();
    return change;
  }

  /** What changed after that revision, and which windows opened or closed from that instant to `now`. */
  since(revision: number, at: number, now: number): ConfigurationChange {
    const present = this.#snapshot;
    const windows = windowChanges(present, at, now);
    if (revision >= present.revision && windows.size === 0) return NOTHING;
    const all = new Set(windows);
    const visible = new Set(visibleOf(windows, present, present));
    if (revision < present.revision) {
      const [oldest] = this.#steps;
      const known = oldest !== undefined && oldest.from <= revision;
      const steps = known ? this.#steps.filter(({ to }) => to > revision) : [everything(present)];
      for (const step of steps) {
        for (const key of step.all) all.add(key);
        for (const key of step.visible) visible.add(key);
      }
    }
    return { all, visible };
  }
}

function everything(present: Snapshot): ConfigurationChange {
  const all = new Set(present.flags.keys());
  return { all, visible: visibleOf(all, present, present) };
}

/** One that people could see, or can see now: its going is news to them as well. */
function visibleOf(keys: ReadonlySet<string>, before: Snapshot, after: Snapshot): ReadonlySet<string> {
  const isVisible = (snapshot: Snapshot, key: string): boolean => snapshot.flags.get(key)?.flag.clientVisible === true;
  return new Set([...keys].filter((key) => isVisible(before, key) || isVisible(after, key)));
}

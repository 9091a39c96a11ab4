import { changedFlags, windowChanges } from '../core/snapshot/changed-flags.js';
import type { Snapshot } from '../core/snapshot/snapshot.js';

/**
 * What may be decided differently since the configuration changed: all keys, and those that people may know of. Flags that
 * hang on one that changed, by prerequisites or by its unlock, are among them.
 */
export interface ConfigurationChange {
  readonly all: ReadonlySet<string>;
  readonly visible: ReadonlySet<string>;
}

interface Step {
  readonly from: number;
  readonly to: number;
  /** The flags that changed themselves. */
  readonly changed: ReadonlySet<string>;
  /** Of these, those that people could see, or can see since: one's going is news to them as well. */
  readonly visible: ReadonlySet<string>;
}

const STEPS_KEPT = 1_000;
/** Of all steps together: a segment may change very many flags at once. */
const KEYS_KEPT = 100_000;

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

  /** A new snapshot is in place. Little is done for it: mostly nobody asks. */
  swap(snapshot: Snapshot): void {
    const before = this.#snapshot;
    const changed = changedFlags(before, snapshot);
    const isVisible = (key: string): boolean => [before, snapshot].some((one) => isShown(one, key));
    this.#snapshot = snapshot;
    // Back to an older revision is another life of the data: no step of before leads here.
    if (snapshot.revision <= before.revision) this.#steps = [];
    const visible = new Set([...changed].filter(isVisible));
    this.#steps.push({ from: before.revision, to: snapshot.revision, changed, visible });
    this.#forget();
  }

  /** What the last swap changed. */
  newest(): ConfigurationChange {
    return this.#changeOf(this.#steps.slice(-1), NOTHING);
  }

  /** What changed after that revision, and which windows opened or closed from that instant to `now`. */
  since(revision: number, at: number, now: number): ConfigurationChange {
    const present = this.#snapshot;
    const windows = windowChanges(present, at, now);
    if (revision >= present.revision) return this.#changeOf([], windows);
    const [oldest] = this.#steps;
    if (oldest !== undefined && oldest.from <= revision) {
      return this.#changeOf(
        this.#steps.filter(({ to }) => to > revision),
        windows,
      );
    }
    const all = new Set(present.flags.keys());
    return { all, visible: new Set([...all].filter((key) => isShown(present, key))) };
  }

  /** The oldest steps, where they become too much. */
  #forget(): void {
    let keys = this.#steps.reduce((sum, { changed }) => sum + changed.size, 0);
    while (this.#steps.length > STEPS_KEPT || (keys > KEYS_KEPT && this.#steps.length > 1)) {
      keys -= this.#steps.shift()!.changed.size;
    }
  }

  /**
   * With all that hangs on what changed, as it does now: what did so before and does not any more has changed itself
   * since.
   */
  #changeOf(steps: readonly Step[], windows: ReadonlySet<string>): ConfigurationChange {
    const { dependencies } = this.#snapshot;
    const all = dependencies.withDependents(
      [windows, ...steps.map(({ changed }) => changed)].flatMap((keys) => [...keys]),
    );
    const visible = new Set(steps.flatMap((step) => [...step.visible]));
    for (const key of all) if (isShown(this.#snapshot, key)) visible.add(key);
    return { all, visible };
  }
}

const NOTHING: ReadonlySet<string> = new Set<string>();

function isShown({ flags }: Snapshot, key: string): boolean {
  return flags.get(key)?.flag.clientVisible === true;
}

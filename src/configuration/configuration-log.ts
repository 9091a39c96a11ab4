import { changedFlags, windowChanges } from '../core/snapshot/changed-flags.js';
import type { Snapshot } from '../core/snapshot/snapshot.js';

/**
 * The keys of the flags that may be decided otherwise since the configuration changed: of all of them, and of those that people
 * may know of. Flags that depend on a changed flag, by prerequisites or by its unlock, are among them.
 */
export interface ConfigurationChange {
  readonly all: ReadonlySet<string>;
  readonly visible: ReadonlySet<string>;
}

interface Step {
  readonly from: number;
  readonly to: number;
  /** The flags that have changed themselves. */
  readonly changed: ReadonlySet<string>;
  /** Those of them that people could see before or can see now: a flag that is no longer for people is news to them, too. */
  readonly visible: ReadonlySet<string>;
}

const STEPS_KEPT = 1_000;
/** How many keys all steps together may have: a segment may change very many flags at once. */
const KEYS_KEPT = 100_000;

/**
 * Tells which flags have changed since a revision that this process has seen. Since an older revision it names every flag: that
 * is too many, but none is missing.
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

  /** A new snapshot is in place. Little is computed now, since mostly nobody asks what has changed. */
  swap(snapshot: Snapshot): void {
    const before = this.#snapshot;
    const changed = changedFlags(before, snapshot);
    const isVisible = (key: string): boolean => [before, snapshot].some((one) => isShown(one, key));
    this.#snapshot = snapshot;
    // An older revision belongs to another epoch: no step from before leads to it.
    if (snapshot.revision <= before.revision) this.#steps = [];
    const visible = new Set([...changed].filter(isVisible));
    this.#steps.push({ from: before.revision, to: snapshot.revision, changed, visible });
    this.#forget();
  }

  /** What has changed with the last swap. */
  newest(): ConfigurationChange {
    return this.#changeOf(this.#steps.slice(-1), NOTHING);
  }

  /** What has changed since a revision, with the windows that opened or closed between that instant and `now`. */
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

  /** Drops the oldest steps when all together have too many keys. */
  #forget(): void {
    let keys = this.#steps.reduce((sum, { changed }) => sum + changed.size, 0);
    while (this.#steps.length > STEPS_KEPT || (keys > KEYS_KEPT && this.#steps.length > 1)) {
      keys -= this.#steps.shift()!.changed.size;
    }
  }

  /**
   * The change that these steps and windows make, with the flags that depend on what has changed. Dependencies are taken as they
   * are now: a flag that used to depend on one of them has changed itself since.
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

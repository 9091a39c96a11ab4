import { standingChanges } from '../core/deciding/standing-answer.js';
import { changedFlags, windowChanges } from '../core/snapshot/comparing/changed-flags.js';
import { type ChangedParts, changedParts, joinedParts } from '../core/snapshot/comparing/changed-parts.js';
import type { Snapshot } from '../core/snapshot/snapshot.js';

/**
 * The keys of the flags that may be decided otherwise since the configuration changed: of all of them, of those that people may know
 * of, and of those that organizations' administrators may. Flags that depend on a changed flag, by prerequisites or by its unlock, are
 * among them.
 */
export interface ConfigurationChange {
  readonly all: ReadonlySet<string>;
  readonly visible: ReadonlySet<string>;
  readonly administered: ReadonlySet<string>;
  /** What changed beside the flags. */
  readonly parts: ChangedParts;
}

interface Step {
  readonly from: number;
  readonly to: number;
  /** When it was made, in epoch milliseconds. */
  readonly at: number;
  /** The flags that have changed themselves. */
  readonly changed: ReadonlySet<string>;
  /** Those of them that people could see before or can see now: a flag that is no longer for people is news to them, too. */
  readonly visible: ReadonlySet<string>;
  /** Likewise for organizations' administrators. */
  readonly administered: ReadonlySet<string>;
  /** The flags whose one answer for everybody is none any more: news to whoever may have kept it for others, and to no person. */
  readonly standing: ReadonlySet<string>;
  readonly parts: ChangedParts;
}

const STEPS_KEPT = 1_000;
/** How many keys all steps together may have: a segment may change very many flags at once, a declaration very many actions. */
const KEYS_KEPT = 100_000;

/**
 * Tells which flags have changed since a revision that this process has seen. Since an older revision it names every flag: that
 * is too many, but none is missing.
 */
export class ConfigurationLog {
  #snapshot: Snapshot;
  #steps: Step[] = [];
  /** Whatever changed after this instant is among the steps. */
  #knownFrom: number;

  /** @param at when the snapshot was taken, in epoch milliseconds */
  constructor(snapshot: Snapshot, at: number) {
    this.#snapshot = snapshot;
    this.#knownFrom = at;
  }

  get snapshot(): Snapshot {
    return this.#snapshot;
  }

  /** A new snapshot is in place, since this instant. Little is computed now, since mostly nobody asks what has changed. */
  swap(snapshot: Snapshot, at: number): void {
    const before = this.#snapshot;
    const changed = changedFlags(before, snapshot);
    const among = (isKnown: (one: Snapshot, key: string) => boolean) =>
      new Set([...changed].filter((key) => isKnown(before, key) || isKnown(snapshot, key)));
    this.#snapshot = snapshot;
    // An older revision belongs to another epoch: no step from before leads to it.
    if (snapshot.revision <= before.revision) {
      this.#steps = [];
      this.#knownFrom = at;
    }
    const known = { visible: among(isShown), administered: among(isAdministered) };
    const [parts, standing] = [changedParts(before, snapshot), standingChanges(before, snapshot)];
    this.#steps.push({ from: before.revision, to: snapshot.revision, at, changed, ...known, standing, parts });
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
    const among = (isKnown: (one: Snapshot, key: string) => boolean) =>
      new Set([...all].filter((key) => isKnown(present, key)));
    const parts = {
      segmentKeys: new Set(present.segments.keys()),
      actions: new Set(present.actions.keys()),
      stages: true,
    };
    return { all, visible: among(isShown), administered: among(isAdministered), parts };
  }

  /**
   * What has changed from an instant on, with the windows that opened or closed up to `now`. Where that is not known, as of a process that
   * has started since, it names every flag.
   */
  lately(from: number, now: number): ConfigurationChange {
    if (from <= this.#knownFrom) return this.since(Number.NEGATIVE_INFINITY, from, now);
    const first = this.#steps.find(({ at }) => at >= from);
    return this.since(first?.from ?? this.#snapshot.revision, from, now);
  }

  /** Whether it is known what has changed since a revision, and {@link since} names no more than that. */
  reaches(revision: number): boolean {
    // The step that loaded the first configuration of this process says nothing of what changed before.
    return revision >= this.#snapshot.revision || this.#steps.some(({ from }) => from >= 0 && from <= revision);
  }

  /** Drops the oldest steps when all together have too many keys. */
  #forget(): void {
    let keys = this.#steps.reduce((sum, step) => sum + keysOf(step), 0);
    while (this.#steps.length > STEPS_KEPT || (keys > KEYS_KEPT && this.#steps.length > 1)) {
      const forgotten = this.#steps.shift()!;
      keys -= keysOf(forgotten);
      this.#knownFrom = forgotten.at;
    }
  }

  /**
   * The change that these steps and windows make, with the flags that depend on what has changed. Dependencies are taken as they
   * are now: a flag that used to depend on one of them has changed itself since.
   */
  #changeOf(steps: readonly Step[], windows: ReadonlySet<string>): ConfigurationChange {
    const { dependencies } = this.#snapshot;
    const changed = dependencies.withDependents(
      [windows, ...steps.map(({ changed }) => changed)].flatMap((keys) => [...keys]),
    );
    const visible = new Set(steps.flatMap((step) => [...step.visible]));
    for (const key of changed) if (isShown(this.#snapshot, key)) visible.add(key);
    const administered = new Set(steps.flatMap((step) => [...step.administered]));
    for (const key of changed) if (isAdministered(this.#snapshot, key)) administered.add(key);
    const all = new Set([...changed, ...steps.flatMap(({ standing }) => [...standing])]);
    return { all, visible, administered, parts: joinedParts(steps.map(({ parts }) => parts)) };
  }
}

function keysOf({ changed, standing, parts }: Step): number {
  return changed.size + standing.size + parts.segmentKeys.size + parts.actions.size;
}

const NOTHING: ReadonlySet<string> = new Set<string>();

function isShown({ flags }: Snapshot, key: string): boolean {
  return flags.get(key)?.flag.clientVisible === true;
}

/** Whether who administers an organization may know of a flag. */
function isAdministered({ flags }: Snapshot, key: string): boolean {
  const flag = flags.get(key)?.flag;
  return flag?.clientVisible === true || flag?.delegated === true;
}

import { storeAnswerWithin } from '../calls/consistency/store-answer.js';
import { unavailable } from '../calls/errors.js';
import type { Configuration, ConfigurationChanges } from '../core/flags/flag.js';
import { compileChanges, compileSnapshot, EMPTY_SNAPSHOT } from '../core/snapshot/compiling/compile-snapshot.js';
import type { Snapshot } from '../core/snapshot/snapshot.js';
import type { ConfigurationReader } from '../store/configuration-store.js';

/** What reads the configuration, or what has changed of it: the store, or a transaction. */
type Loads = Pick<ConfigurationReader, 'load' | 'changes'>;

export interface KeeperOptions {
  readonly reader: Loads & Pick<ConfigurationReader, 'revision'>;
  /** Called with each new snapshot. */
  readonly onSwap?: (snapshot: Snapshot) => void;
  /** Told that the store is at an older revision than the snapshot that it gave before. */
  readonly onOlder?: (held: number) => void;
  /** The clock by which the age of the snapshot is measured, in monotonic milliseconds. */
  readonly uptimeMs?: () => number;
}

/**
 * Holds the present snapshot, and swaps it when the configuration has changed: after a notice, at a poll, or when a worker has
 * confirmed a newer revision within its transaction. It reads and compiles what has changed since the snapshot that it holds.
 * It never goes back to an older revision of the same epoch.
 */
export class ConfigurationKeeper {
  readonly #options: KeeperOptions;
  readonly #uptimeMs: () => number;
  #snapshot: Snapshot = EMPTY_SNAPSHOT;
  #confirmedAtMs = Number.NEGATIVE_INFINITY;
  #loading: Promise<void> | undefined;
  /** Whether the snapshot must be replaced by what the store says, even if that is older: it is from disk, or another epoch. */
  #provisional: boolean = false;
  /** Whether the snapshot is of another epoch. */
  #foreign: boolean = false;
  /** The newest revision that is known to have been committed. */
  #newest = Number.NEGATIVE_INFINITY;

  /** How often another epoch has begun, so that what was read before that is not taken. */
  #epochsBegun = 0;

  constructor(options: KeeperOptions) {
    this.#options = options;
    this.#uptimeMs = options.uptimeMs ?? (() => performance.now());
  }

  get snapshot(): Snapshot {
    return this.#snapshot;
  }

  /** Whether any configuration has been loaded, from the store or from disk. */
  get loaded(): boolean {
    return this.#snapshot.revision >= 0;
  }

  /** Whether there is known to be another configuration than the one that is held. */
  get behind(): boolean {
    return this.#foreign || this.#snapshot.revision < this.#newest;
  }

  /** How long ago the store last confirmed that this is the present snapshot, in milliseconds; Infinity if it never did. */
  confirmedAgeMs(): number {
    return this.#uptimeMs() - this.#confirmedAtMs;
  }

  /**
   * Asks the store for its revision and loads the configuration when it is newer. Rejects as the store does, and with
   * `StoreUnavailable` when it does not tell its revision in time. A revision that is older than the snapshot's confirms nothing:
   * the snapshot goes on being served, and ages.
   */
  async refresh(answerWithinMs = Infinity): Promise<Snapshot> {
    const asked = this.#uptimeMs();
    const newest = this.#newest;
    const held = this.#snapshot;
    const asking = this.#options.reader.revision();
    const revision = await (answerWithinMs === Infinity ? asking : storeAnswerWithin(answerWithinMs, asking));
    // The store's answer counts even if it is lower, unless a newer revision became known while it was asked.
    if (this.#newest === newest) this.#newest = revision;
    if (!this.holds(revision)) await this.#reach(revision);
    else if (this.#snapshot.revision === revision) this.#confirmedAtMs = asked;
    else if (this.#snapshot === held) this.#options.onOlder?.(held.revision);
    return this.#snapshot;
  }

  /**
   * The snapshot at this revision, which has been committed, or at a later one. Rejects with UNAVAILABLE when the store that is
   * read from has not got that far.
   */
  async atLeast(revision: number): Promise<Snapshot> {
    this.#newest = Math.max(this.#newest, revision);
    await this.#reach(revision);
    if (this.#snapshot.revision < revision) {
      throw unavailable(
        `the configuration is at revision ${this.#snapshot.revision}, not yet at ${revision}; try again`,
      );
    }
    return this.#snapshot;
  }

  /**
   * A notice told of this revision: brings the snapshot there. Where the store has not got that far, as after a notice that
   * somebody forged, what the store says counts.
   */
  async noticed(revision: number): Promise<void> {
    try {
      await this.atLeast(revision);
    } catch (error) {
      await this.refresh();
      throw error;
    }
  }

  /** Whether the snapshot is the store's, and at this revision or a later one. */
  holds(revision: number): boolean {
    return !this.#provisional && this.#snapshot.revision >= revision;
  }

  /** Another epoch has begun: whatever the store says next replaces the snapshot. */
  distrust(): void {
    this.#provisional = true;
    this.#foreign = true;
    this.#newest = Number.NEGATIVE_INFINITY;
    this.#epochsBegun++;
  }

  /** Takes the last configuration from disk, for a start without the store, which replaces it when it answers. */
  offerFromDisk(configuration: Configuration): void {
    if (this.loaded) return;
    this.#provisional = true;
    this.#swap(compileSnapshot(configuration));
  }

  /**
   * Brings the snapshot to what the reader sees: by what has changed or, where the snapshot is not the store's, by all of it.
   *
   * @param committed the committed revision, where the reader is a transaction that has already raised the revision itself
   */
  async follow(reader: Loads, committed?: number): Promise<void> {
    const epochsBegun = this.#epochsBegun;
    const isBase = this.loaded && !this.#provisional;
    const read = isBase ? await reader.changes(this.#snapshot.revision) : await reader.load();
    // What was read before another epoch began is not taken.
    if (epochsBegun !== this.#epochsBegun) return;
    this.#take({ ...read, revision: committed ?? read.revision }, isBase);
  }

  /** Takes the snapshot that a committed transaction made from the one that is held. */
  adopt(before: Snapshot, after: Snapshot): void {
    if (this.#snapshot === before && !this.#provisional) this.#swap(after);
  }

  #take(read: Configuration | ConfigurationChanges, isBase: boolean): void {
    if (this.#provisional || read.revision >= this.#snapshot.revision) this.#confirmedAtMs = this.#uptimeMs();
    if (!this.holds(read.revision)) {
      // The snapshot may have been swapped meanwhile. Changes give things as they are now, so they can be laid over that one, too.
      this.#swap(
        isBase ? compileChanges(this.#snapshot, read) : compileSnapshot(read as Configuration, this.#snapshot),
      );
    }
    this.#provisional = false;
    this.#foreign = false;
  }

  #swap(snapshot: Snapshot): void {
    this.#snapshot = snapshot;
    this.#options.onSwap?.(snapshot);
  }

  /** Loads until the revision is held: twice at most, since a load that was under way may have begun before the commit. */
  async #reach(revision: number): Promise<void> {
    for (let loads = 0; loads < 2 && !this.holds(revision); loads++) await this.#load();
  }

  /** Loads the configuration. Callers at the same time share one load. */
  async #load(): Promise<void> {
    this.#loading ??= this.follow(this.#options.reader).finally(() => {
      this.#loading = undefined;
    });
    await this.#loading;
  }
}

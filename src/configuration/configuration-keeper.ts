import { unavailable } from '../calls/errors.js';
import { storeAnswerWithin } from '../calls/store-answer.js';
import type { Configuration, ConfigurationChanges } from '../core/flags/flag.js';
import { compileChanges, compileSnapshot, EMPTY_SNAPSHOT } from '../core/snapshot/compile-snapshot.js';
import type { Snapshot } from '../core/snapshot/snapshot.js';
import type { ConfigurationReader } from '../store/configuration-store.js';

/** Reads the configuration, or what changed of it: the store's reader, or a transaction. */
type Loads = Pick<ConfigurationReader, 'load' | 'changes'>;

export interface KeeperOptions {
  readonly reader: Loads & Pick<ConfigurationReader, 'revision'>;
  /** Called with each new snapshot. */
  readonly onSwap?: (snapshot: Snapshot) => void;
  /** Monotonic milliseconds. */
  readonly uptimeMs?: () => number;
}

/**
 * Holds the present snapshot and swaps it when the configuration changed: on a notice, on a poll, or when a worker has
 * confirmed a newer revision inside its transaction. What is held is brought up to date by what changed since. Never goes
 * back to an older revision of the same epoch.
 */
export class ConfigurationKeeper {
  readonly #options: KeeperOptions;
  readonly #uptimeMs: () => number;
  #snapshot: Snapshot = EMPTY_SNAPSHOT;
  #confirmedAtMs = Number.NEGATIVE_INFINITY;
  #loading: Promise<void> | undefined;
  /** The present snapshot came from disk: whatever the store says replaces it. */
  #provisional: boolean = false;
  /** What is held is of another life of the store's data. */
  #foreign: boolean = false;
  /** The newest revision that is known to have been committed. */
  #newest = Number.NEGATIVE_INFINITY;

  /** Counts the store's lives, as far as is known. */
  #life = 0;

  constructor(options: KeeperOptions) {
    this.#options = options;
    this.#uptimeMs = options.uptimeMs ?? (() => performance.now());
  }

  get snapshot(): Snapshot {
    return this.#snapshot;
  }

  /** Whether any configuration has been loaded, be it from a snapshot on disk. */
  get loaded(): boolean {
    return this.#snapshot.revision >= 0;
  }

  /** Whether another configuration is known to be there than the one that is held, and has not been loaded yet. */
  get behind(): boolean {
    return this.#foreign || this.#snapshot.revision < this.#newest;
  }

  /** For how long the store has not confirmed this snapshot, in milliseconds; Infinity when it never did. */
  confirmedAgeMs(): number {
    return this.#uptimeMs() - this.#confirmedAtMs;
  }

  /**
   * Asks the store for its revision and loads the configuration when it is newer. Rejects as the store does, and with
   * `StoreUnavailable` when it does not tell its revision in time.
   */
  async refresh(answerWithinMs = Infinity): Promise<Snapshot> {
    const asked = this.#uptimeMs();
    const newest = this.#newest;
    const asking = this.#options.reader.revision();
    const revision = await (answerWithinMs === Infinity ? asking : storeAnswerWithin(answerWithinMs, asking));
    // Where nothing newer was told of meanwhile, the store's word counts, even if it is less.
    if (this.#newest === newest) this.#newest = revision;
    if (this.holds(revision)) this.#confirmedAtMs = asked;
    else await this.#reach(revision);
    return this.#snapshot;
  }

  /** The snapshot at this revision, which somebody has committed, or at a later one. Rejects with UNAVAILABLE when the store has not got there. */
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

  /** Whether the snapshot is the store's at this revision, or a later one. */
  holds(revision: number): boolean {
    return !this.#provisional && this.#snapshot.revision >= revision;
  }

  /** The store began another life, as after a restore: whatever it says next replaces what is held. */
  distrust(): void {
    this.#provisional = true;
    this.#foreign = true;
    this.#newest = Number.NEGATIVE_INFINITY;
    this.#life++;
  }

  /** Takes a configuration as of last time, for a start without the store; the store's own replaces it. */
  offerFromDisk(configuration: Configuration): void {
    if (this.loaded) return;
    this.#provisional = true;
    this.#swap(compileSnapshot(configuration));
  }

  /**
   * Brings the snapshot to what this reader sees: by what changed since, or wholly where what is held is not the store's own.
   *
   * @param committed the revision that the reader sees, where it sees as well that this transaction is about to make another
   */
  async follow(reader: Loads, committed?: number): Promise<void> {
    const life = this.#life;
    const isBase = this.loaded && !this.#provisional;
    const read = isBase ? await reader.changes(this.#snapshot.revision) : await reader.load();
    // What was read of the store's former life tells of that one.
    if (life !== this.#life) return;
    this.#take({ ...read, revision: committed ?? read.revision }, isBase);
  }

  /** Takes the snapshot that a transaction, which has been committed, made of the one that was held. */
  adopt(before: Snapshot, after: Snapshot): void {
    if (this.#snapshot === before && !this.#provisional) this.#swap(after);
  }

  #take(read: Configuration | ConfigurationChanges, isBase: boolean): void {
    this.#confirmedAtMs = this.#uptimeMs();
    if (!this.holds(read.revision)) {
      // What is held may have gone on meanwhile: changes are what stands now, so they hold for that, too.
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

  /** Loads until the revision is held; twice at most: the load that was joined may have begun before it was committed. */
  async #reach(revision: number): Promise<void> {
    for (let loads = 0; loads < 2 && !this.holds(revision); loads++) await this.#load();
  }

  /** Concurrent loads are one. */
  async #load(): Promise<void> {
    this.#loading ??= this.follow(this.#options.reader).finally(() => {
      this.#loading = undefined;
    });
    await this.#loading;
  }
}

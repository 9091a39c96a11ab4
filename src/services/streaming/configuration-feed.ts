import type { Clock } from '../../calls/clock.js';
import { type ConfigurationChange, ConfigurationLog } from '../../configuration/configuration-log.js';
import { nextWindowChange } from '../../core/snapshot/comparing/changed-flags.js';
import type { Snapshot } from '../../core/snapshot/snapshot.js';
import { DueQueue } from './due-queue.js';

/** What streams are told of the configuration: that it changed, and that windows opened or closed by time. */
export class ConfigurationFeed {
  readonly log: ConfigurationLog;
  readonly #clock: Clock;
  readonly #tell: (change: ConfigurationChange) => void;
  readonly #windows: DueQueue<'windows'>;
  #windowsAt: number;
  #listened: boolean = false;

  constructor(snapshot: Snapshot, clock: Clock, tell: (change: ConfigurationChange) => void) {
    this.log = new ConfigurationLog(snapshot, clock.now());
    this.#clock = clock;
    this.#tell = tell;
    this.#windowsAt = clock.now();
    this.#windows = new DueQueue<'windows'>(
      () => clock.now(),
      () => this.lookAtWindows(),
    );
  }

  /** Up to which instant streams have been told of windows that opened or closed. */
  get windowsAt(): number {
    return this.#windowsAt;
  }

  /** The first stream was opened: what changes from now on is told. */
  begin(): void {
    this.#listened = true;
    this.#windowsAt = this.#clock.now();
    this.#arm();
  }

  /** The last stream has ended: nothing is told any more. */
  rest(): void {
    this.#listened = false;
    this.#windows.clear();
  }

  /** A new snapshot is in place. */
  swap(snapshot: Snapshot): void {
    this.log.swap(snapshot, this.#clock.now());
    if (!this.#listened) return;
    this.#arm();
    this.#tell(this.log.newest());
  }

  lookAtWindows(): void {
    const now = this.#clock.now();
    const change = this.log.since(this.log.snapshot.revision, this.#windowsAt, now);
    this.#windowsAt = now;
    if (change.all.size > 0) this.#tell(change);
    this.#arm();
  }

  #arm(): void {
    this.#windows.set('windows', nextWindowChange(this.log.snapshot, this.#windowsAt));
  }
}

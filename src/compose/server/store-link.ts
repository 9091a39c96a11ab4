import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '../../config/config.js';
import { snapshotFile } from '../../config/config.js';
import { storedConfiguration } from '../../core/snapshot/compiling/stored-configuration.js';
import type { Logger } from '../../observability/logger.js';
import type { SqlStore } from '../../store/sql/sql-store.js';
import { StoreUnavailable } from '../../store/store.js';
import { repeat } from '../watches/repeat.js';
import type { RollbackWatch } from '../watches/rollback-watch.js';
import type { Composed } from './services.js';
import { readSnapshot, saveSnapshot } from './snapshot-file.js';

export interface StoreLinkOptions {
  readonly config: Config;
  readonly sqlStore: SqlStore;
  readonly composed: Composed;
  readonly adminSecret: string;
  readonly rollbacks: RollbackWatch;
  readonly logger: Logger;
  /** Logs a failure of work that no caller waits for; see `failureLog`. */
  readonly failed: (name: string, error: unknown) => void;
  /** Called when a store that was away at the start turns out to have a schema that this release must not run on. */
  readonly onUnusable: (error: unknown) => void;
}

/** How often is asked for changes: one whose notice was lost is seen within 5 s, and two failed polls make decisions stale. */
const POLL_MS = 2_000;
const PATIENCE_MS = 10_000;
const RETRY_MS = 500;
const SAVE_AFTER_MS = 500;
/** How long to wait before the snapshot is written again, as a multiple of the time that writing it took. */
const REST_AFTER_SAVING = 20;

/**
 * Keeps this server in step with the store. When the store is first reached, it checks the schema and puts the admin token in
 * place. From then on it polls clock, epoch and configuration, and keeps on disk what a start without the store needs.
 */
export class StoreLink {
  readonly #options: StoreLinkOptions;
  #connected: boolean = false;
  #reachable: boolean = false;
  #writable: boolean = false;
  /** Whether the settings that this server was started with have become part of the configuration. */
  #settled: boolean = false;
  #wasAway: boolean = false;
  /** Whether the last attempt to write the snapshot to disk failed. */
  #unsaved: boolean = false;
  #saving: NodeJS.Timeout | undefined;
  /** The instant, in monotonic milliseconds, before which the snapshot is not written again. */
  #restUntilMs = 0;
  #whenUsable: (() => Promise<void>) | undefined;
  #stopPolling: (() => Promise<void>) | undefined;

  constructor(options: StoreLinkOptions) {
    this.#options = options;
  }

  /** Whether the store was read at the last check, and takes writes: after a fail-over a server may be left with the old writer. */
  get reachable(): boolean {
    return this.#reachable && this.#writable;
  }

  /**
   * Resolves once there is something to serve from: the store, or the last snapshot while the store is away. Rejects when
   * there is neither, or when this release cannot run on the schema.
   */
  async start(): Promise<void> {
    const saved = this.#keepsSnapshot ? await readSnapshot(snapshotFile(this.#options.config)) : undefined;
    const deadline = performance.now() + (saved === undefined ? PATIENCE_MS : 0);
    for (;;) {
      try {
        await this.#checkStore();
        // A start needs no write, and what is read can be served.
        await this.#checkWriting()
          .then(() => this.#options.rollbacks.beat())
          .catch((error: unknown) => this.#options.failed('the check of the store', error));
        break;
      } catch (error) {
        if (!(error instanceof StoreUnavailable)) throw error;
        if (performance.now() < deadline) {
          await sleep(RETRY_MS);
          continue;
        }
        if (saved === undefined) throw error;
        const { services } = this.#options.composed;
        services.keeper.offerFromDisk(saved.configuration);
        services.authentication.preload(saved.tokens);
        this.#options.logger.error(
          { err: error },
          'the store is away: serving the last known configuration until it is back',
        );
        break;
      }
    }
    this.#stopPolling = repeat({
      name: 'the check of the store',
      everyMs: POLL_MS,
      run: () => this.#checkStoreAgain(),
      onError: this.#options.failed,
    });
  }

  /** Runs `work` when the store has been reached and its schema checked: now, or when the store is back. */
  async whenUsable(work: () => Promise<void>): Promise<void> {
    if (this.#connected) await work();
    else this.#whenUsable = work;
  }

  /** The configuration or the tokens changed: writes them to disk, for a start without the store. */
  save(): void {
    if (!this.#keepsSnapshot || this.#saving !== undefined) return;
    this.#saving = setTimeout(
      () => {
        this.#saving = undefined;
        this.#unsaved = false;
        this.#write().catch((error: unknown) => {
          this.#unsaved = true;
          this.#options.logger.warn({ err: error }, 'the snapshot for a start without the store could not be kept');
        });
      },
      Math.max(SAVE_AFTER_MS, this.#restUntilMs - performance.now()),
    );
  }

  async stop(): Promise<void> {
    clearTimeout(this.#saving);
    this.#options.rollbacks.stop();
    await this.#stopPolling?.();
  }

  /** Whether a snapshot is kept on disk: not beside an embedded store, which is a file on the same disk. */
  get #keepsSnapshot(): boolean {
    return this.#options.config.database.kind === 'mysql';
  }

  async #checkStoreAgain(): Promise<void> {
    const wasConnected = this.#connected;
    try {
      await this.#checkStore();
    } catch (error) {
      if (!(wasConnected || error instanceof StoreUnavailable)) this.#options.onUnusable(error);
      throw error;
    }
    const work = this.#whenUsable;
    this.#whenUsable = undefined;
    await work?.();
    await this.#checkWriting();
    await this.#options.rollbacks.beat();
  }

  async #checkStore(): Promise<void> {
    const { sqlStore, composed, adminSecret } = this.#options;
    const { services, clock, epoch } = composed;
    try {
      if (!this.#connected) {
        await sqlStore.checkSchema();
        await services.tokens.bootstrap(adminSecret);
        this.#connected = true;
      }
      await Promise.all([epoch.refresh(), clock.synchronize(sqlStore)]);
      await Promise.all([services.keeper.refresh(), services.authentication.refresh()]);
      this.#reachable = true;
      if (this.#unsaved) this.save();
    } catch (error) {
      this.#reachable = false;
      this.#wasAway = true;
      throw error;
    }
  }

  async #checkWriting(): Promise<void> {
    try {
      await this.#options.sqlStore.checkWriting();
      await this.#settle();
      if (this.#wasAway) this.#options.logger.info('the store is back');
      this.#wasAway = false;
      this.#writable = true;
    } catch (error) {
      this.#writable = false;
      this.#wasAway = true;
      throw error;
    }
  }

  /** Workers take over what they were told for all servers. */
  async #settle(): Promise<void> {
    const { config, composed } = this.#options;
    if (this.#settled || !config.roles.has('worker')) return;
    await composed.settings.adoptTimeZone(config.timeZone);
    await composed.settings.adoptSearchAttributes(config.searchAttributes);
    this.#settled = true;
  }

  async #write(): Promise<void> {
    const { config, sqlStore, composed } = this.#options;
    if (!composed.services.keeper.loaded) return;
    const began = performance.now();
    const tokens = await sqlStore.tokens.all();
    const configuration = storedConfiguration(composed.services.keeper.snapshot);
    const active = tokens.filter(({ revokedAt }) => revokedAt === undefined);
    await saveSnapshot(snapshotFile(config), { configuration, tokens: active });
    const ended = performance.now();
    this.#restUntilMs = ended + (ended - began) * REST_AFTER_SAVING;
  }
}

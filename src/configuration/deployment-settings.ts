import { type Call, SYSTEM_ID } from '../calls/caller.js';
import { recordAudit } from '../calls/writes/record-audit.js';
import { sameJson } from '../core/values/json.js';
import { type ConfigurationWriteOptions, Unchanged, writeConfiguration } from './configuration-write.js';

const SYSTEM: Call = {
  caller: { kind: 'machine', tokenId: SYSTEM_ID, scopes: new Set(['admin']), organizationId: '' },
  requestId: 'start',
};

/**
 * What servers are told at their start and what all of them decide by. It becomes a part of the configuration: so every server has
 * the same, at the same revision, and a change has users judged anew.
 */
export class DeploymentSettings {
  readonly #options: ConfigurationWriteOptions;

  constructor(options: ConfigurationWriteOptions) {
    this.#options = options;
  }

  /** Takes over the time zone of users for whom nobody named one. Does nothing where it is that already. */
  async adoptTimeZone(zone: string): Promise<void> {
    const { keeper } = this.#options;
    if (keeper.loaded && keeper.snapshot.timeZone === zone) return;
    await writeConfiguration(this.#options, 'time_zone', async (tx, { now, snapshot }) => {
      const before = snapshot.timeZone;
      if (before === zone) return new Unchanged(undefined);
      await tx.configuration.putTimeZone(zone);
      const change = { before, after: zone, comment: 'TIME_ZONE' };
      await recordAudit(tx, SYSTEM, now, { action: 'time_zone.set', target: 'time_zone', ...change });
      return undefined;
    });
  }

  /** Takes over by which attributes users are found. Does nothing where it is these already. */
  async adoptSearchAttributes(paths: readonly string[]): Promise<void> {
    const { keeper } = this.#options;
    if (keeper.loaded && sameJson(keeper.snapshot.searchAttributes, paths)) return;
    // No rule reads it, so that it starts no backfill that would give the reason.
    await writeConfiguration(this.#options, 'manual', async (tx, { now, snapshot }) => {
      const before = snapshot.searchAttributes;
      if (sameJson(before, paths)) return new Unchanged(undefined);
      await tx.configuration.putSearchAttributes(paths);
      const change = { before, after: paths, comment: 'USER_SEARCH_ATTRIBUTES' };
      await recordAudit(tx, SYSTEM, now, { action: 'user_search.set', target: 'user_search', ...change });
      return undefined;
    });
  }
}

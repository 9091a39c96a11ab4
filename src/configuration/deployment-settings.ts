import { type Call, SYSTEM_ID } from '../calls/caller.js';
import { recordAudit } from '../calls/record-audit.js';
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
}

import type { Snapshot } from '../core/snapshot.js';
import type { ConfigurationKeeper } from '../services/configuration-keeper.js';
import type { Transaction } from '../store/store.js';

/** The snapshot of the revision that this transaction has confirmed and holds; loaded in it when ours is behind. */
export async function confirmSnapshot(tx: Transaction, keeper: ConfigurationKeeper): Promise<Snapshot> {
  const revision = await tx.configuration.confirmRevision();
  if (keeper.holds(revision)) return keeper.snapshot;
  return keeper.offer(await tx.configuration.load());
}

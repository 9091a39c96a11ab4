import type { Notifier } from '../notify/notifier.js';
import type { Store, Transaction } from '../store/store.js';
import type { ConfigurationKeeper } from './configuration-keeper.js';
import { encodeToken } from './consistency-token.js';

export interface ConfigurationWriteOptions {
  readonly store: Store;
  readonly keeper: ConfigurationKeeper;
  readonly notifier: Notifier;
}

/**
 * Changes the configuration in one transaction, raises its revision last, and tells every node. Gives what `change` made
 * and the token that stands for it.
 */
export async function writeConfiguration<T>(
  { store, keeper, notifier }: ConfigurationWriteOptions,
  change: (tx: Transaction, now: number) => Promise<T>,
): Promise<{ readonly made: T; readonly consistencyToken: string }> {
  const { made, revision } = await store.transaction(async (tx) => {
    const made = await change(tx, await tx.now());
    return { made, revision: await tx.configuration.advance() };
  });
  await Promise.all([keeper.atLeast(revision), notifier.publish({ kind: 'configuration', revision })]);
  return { made, consistencyToken: encodeToken({ epoch: await store.epoch(), configuration: revision }) };
}

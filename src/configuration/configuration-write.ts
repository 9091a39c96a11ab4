import { encodeToken } from '../calls/consistency-token.js';
import { compileChanges } from '../core/snapshot/compile-snapshot.js';
import type { Snapshot } from '../core/snapshot/snapshot.js';
import type { Notifier } from '../notify/notifier.js';
import type { BackfillReason } from '../store/backfill-store.js';
import type { Store, Transaction } from '../store/store.js';
import { backfillChanges, type ConfigurationChanged } from './backfill-start.js';
import type { ConfigurationKeeper } from './configuration-keeper.js';
import { confirmSnapshot, snapshotAt } from './confirm-snapshot.js';

export interface ConfigurationWriteOptions {
  readonly store: Store;
  readonly keeper: ConfigurationKeeper;
  readonly notifier: Notifier;
}

/**
 * Changes the configuration in one transaction and tells every server. Two changes take turns: the revision is raised, and
 * so locked, before `change` reads anything that it decides by. What users may have earned by it is backfilled. Gives what
 * `change` made, the ids of those backfills, and the token that stands for the change. Where it is `Unchanged`, nothing of
 * the transaction stays, the raised revision included, and nobody is told.
 */
export async function writeConfiguration<T>(
  { store, keeper, notifier }: ConfigurationWriteOptions,
  reason: BackfillReason,
  change: (tx: Transaction, present: PresentConfiguration) => Promise<T | Unchanged<T>>,
): Promise<ConfigurationWritten<T>> {
  const write = store.transaction(async (tx) => {
    const [locked, now] = await Promise.all([lockConfiguration(tx, keeper, true), tx.now()]);
    const made = await change(tx, { now, snapshot: locked.snapshot });
    if (made instanceof Unchanged) throw new GivenUp(made, locked.snapshot.revision);
    const changed = await configurationMade(tx, locked);
    const backfillIds = await backfillChanges(tx, changed, { reason, now });
    return { made, changed, backfillIds, revision: changed.after.revision };
  });
  const { made, changed, backfillIds, revision } = await write.catch((error: unknown) => {
    if (!(error instanceof GivenUp)) throw error;
    const { unchanged, revision } = error as GivenUp<T>;
    return { made: unchanged.made, changed: undefined, backfillIds: [], revision };
  });
  if (changed !== undefined) await announceConfiguration({ keeper, notifier }, revision, changed);
  const consistencyToken = encodeToken({ epoch: await store.epoch(), configuration: revision });
  return { made, backfillIds, consistencyToken };
}

/** What a change gives that finds what it was to make there already. */
export class Unchanged<T> {
  readonly made: T;

  constructor(made: T) {
    this.made = made;
  }
}

/** Rolls a transaction back that has nothing to commit. */
class GivenUp<T> extends Error {
  readonly unchanged: Unchanged<T>;
  /** The configuration's, as it stays. */
  readonly revision: number;

  constructor(unchanged: Unchanged<T>, revision: number) {
    super('nothing changed');
    this.unchanged = unchanged;
    this.revision = revision;
  }
}

/** The configuration as it is before a change, held alone. */
export interface PresentConfiguration {
  readonly snapshot: Snapshot;
  /** The database's now. */
  readonly now: number;
}

export interface ConfigurationWritten<T> {
  readonly made: T;
  /** Of the flags of which users may have earned more by it. */
  readonly backfillIds: readonly string[];
  readonly consistencyToken: string;
}

export interface LockedConfiguration {
  /** That this transaction makes, when it changes anything; else the present one. */
  readonly revision: number;
  /** As it is before the change. */
  readonly snapshot: Snapshot;
}

/** Holds the configuration until the transaction ends, alone where it is to be changed. */
export async function lockConfiguration(
  tx: Transaction,
  keeper: ConfigurationKeeper,
  change: boolean,
): Promise<LockedConfiguration> {
  if (!change) {
    const { snapshot } = await confirmSnapshot(tx, keeper);
    return { revision: snapshot.revision, snapshot };
  }
  const revision = await tx.configuration.advance();
  return { revision, snapshot: await snapshotAt(tx, keeper, revision - 1) };
}

/**
 * What this transaction has made of the configuration so far. It reads no more than what it changed, and compiles no more
 * than what that concerns. Not for the keeper before the commit: it may yet be rolled back.
 */
export async function configurationMade(
  tx: Transaction,
  { revision, snapshot: before }: LockedConfiguration,
): Promise<ConfigurationChanged> {
  const changes = await tx.configuration.changes(before.revision);
  return { before, after: compileChanges(before, { ...changes, revision }) };
}

/**
 * Brings a committed change to this server and tells the others. Never rejects: the change is made, and where it cannot be
 * loaded now the next poll brings it.
 *
 * @param changed what the transaction made of the configuration, where it is known: it need not be read again
 */
export async function announceConfiguration(
  { keeper, notifier }: Pick<ConfigurationWriteOptions, 'keeper' | 'notifier'>,
  revision: number,
  changed?: ConfigurationChanged,
): Promise<void> {
  if (changed !== undefined) keeper.adopt(changed.before, changed.after);
  await Promise.all([
    keeper.atLeast(revision).catch(() => undefined),
    notifier.publish({ kind: 'configuration', revision }),
  ]);
}

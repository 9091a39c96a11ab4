import { encodeToken } from '../calls/consistency/consistency-token.js';
import { compileChanges } from '../core/snapshot/compiling/compile-snapshot.js';
import type { Snapshot } from '../core/snapshot/snapshot.js';
import type { Notifier } from '../notify/notifier.js';
import type { BackfillReason } from '../store/backfill-store.js';
import type { Store, Transaction } from '../store/store.js';
import { settleAnyAction } from './any-action.js';
import { backfillChanges, type ConfigurationChanged, noteOrganizationActions } from './backfill-start.js';
import type { ConfigurationKeeper } from './configuration-keeper.js';
import { confirmSnapshot, snapshotAt } from './confirm-snapshot.js';

export interface ConfigurationWriteOptions {
  readonly store: Store;
  readonly keeper: ConfigurationKeeper;
  readonly notifier: Notifier;
}

/**
 * Changes the configuration in one transaction and tells every server. Two changes take turns: the revision is raised, and so
 * locked, before `change` reads what it decides by. Backfills are started for what users may have earned by the change. Gives
 * what `change` made, the ids of the backfills, and the consistency token of the change. Where `change` gives `Unchanged`, the
 * transaction is rolled back, the raised revision included, and nobody is told.
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
    await noteOrganizationActions(tx, changed, now);
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

/** What a change gives when everything is already as it would make it. */
export class Unchanged<T> {
  readonly made: T;

  constructor(made: T) {
    this.made = made;
  }
}

/** Thrown to roll back a transaction that has nothing to commit. */
class GivenUp<T> extends Error {
  readonly unchanged: Unchanged<T>;
  /** The configuration's revision, which stays. */
  readonly revision: number;

  constructor(unchanged: Unchanged<T>, revision: number) {
    super('nothing changed');
    this.unchanged = unchanged;
    this.revision = revision;
  }
}

/** The configuration as it is before a change, locked against other changes. */
export interface PresentConfiguration {
  readonly snapshot: Snapshot;
  /** The present instant by the database's clock. */
  readonly now: number;
}

export interface ConfigurationWritten<T> {
  readonly made: T;
  /** The backfills of the flags of which users may have earned more by the change. */
  readonly backfillIds: readonly string[];
  readonly consistencyToken: string;
}

export interface LockedConfiguration {
  /** The revision that this transaction makes, if it changes anything; else the present one. */
  readonly revision: number;
  /** The configuration before the change. */
  readonly snapshot: Snapshot;
}

/** Keeps the configuration from changing until the transaction ends; where it is to be changed, also from being confirmed. */
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
 * The snapshot of the configuration with this transaction's changes so far, and with what follows from these for the action that stands
 * for all. Only what it has changed is read, and only what that
 * concerns is compiled. The keeper must not be given it before the commit, since the transaction may yet be rolled back.
 */
export async function configurationMade(
  tx: Transaction,
  { revision, snapshot: before }: LockedConfiguration,
): Promise<ConfigurationChanged> {
  const made = async (): Promise<Snapshot> =>
    compileChanges(before, { ...(await tx.configuration.changes(before.revision)), revision });
  const after = await made();
  return { before, after: (await settleAnyAction(tx, after)) ? await made() : after };
}

/**
 * Brings a committed change to this server and tells the others. Never rejects: the change is made, and if it cannot be loaded
 * now, the next poll loads it.
 *
 * @param changed the snapshots before and after the change, if they are known: then nothing needs to be read again
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

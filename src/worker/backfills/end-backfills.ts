import { announceConfiguration } from '../../configuration/configuration-write.js';
import { type FlagMarksOptions, lockFlags, markSettled, markUnsettled } from '../../configuration/flag-marks.js';
import type { Snapshot } from '../../core/snapshot/snapshot.js';
import type { Backfill, BackfillStep } from '../../store/backfill-store.js';

/**
 * Takes the last step of these backfills, and marks their flags, depending on whether all users have been judged by them now. A
 * changed mark is a change of the configuration, of which every server is told.
 */
export async function endBackfills(
  { store, keeper, notifier }: FlagMarksOptions,
  group: readonly Backfill[],
  step: BackfillStep,
): Promise<void> {
  const ids = group.map(({ id }) => id);
  const endings = new Map(endingsOf(group, step, keeper.snapshot).map((ending) => [ending.backfill.flagId, ending]));
  if (endings.size === 0) {
    await store.transaction((tx) => tx.backfills.advance(ids, step));
    return;
  }
  const revision = await store.transaction(async (tx) => {
    const flags = (await lockFlags(tx, endings.keys())).filter(({ id, unsettledSince = Infinity }) => {
      const { failed, backfill } = endings.get(id)!;
      // What was noted since the backfill began may be about users whom it had passed.
      return failed || unsettledSince <= backfill.revision;
    });
    const revision = flags.length > 0 ? await tx.configuration.advance() : undefined;
    const ended = new Set(await tx.backfills.advance(ids, step));
    for (const flag of flags) {
      const { backfill, failed } = endings.get(flag.id)!;
      // A backfill that was cancelled or superseded meanwhile does not say that users were judged.
      if (!ended.has(backfill.id)) continue;
      await tx.configuration.putFlag(failed ? markUnsettled(flag, revision!) : markSettled(flag));
    }
    return revision;
  });
  if (revision !== undefined) await announceConfiguration({ keeper, notifier }, revision);
}

interface Ending {
  readonly backfill: Backfill;
  /** Whether some user was not judged by the flag as it is. */
  readonly failed: boolean;
}

/**
 * Those after which the mark of the flag, as it is stored, may have to change. One that this server does not know of yet stays on
 * a clean end: it was set since the backfill began.
 */
function endingsOf(group: readonly Backfill[], step: BackfillStep, snapshot: Snapshot): readonly Ending[] {
  const uncompiled = new Set(snapshot.failures.map(({ flagKey }) => flagKey));
  return group.flatMap((backfill) => {
    const known = snapshot.flagsById.get(backfill.flagId)?.stored;
    const failed = backfill.failed + step.failed > 0 || (known !== undefined && uncompiled.has(known.key));
    // After a backfill of one organization, users of others may still have to be judged.
    const settles = backfill.organizationId === '' && known?.unsettledSince !== undefined;
    return failed || settles ? [{ backfill, failed }] : [];
  });
}

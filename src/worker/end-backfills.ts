import { announceConfiguration } from '../configuration/configuration-write.js';
import { type FlagMarksOptions, lockFlags, markUnsettled } from '../configuration/flag-marks.js';
import type { Backfill, BackfillStep } from '../store/backfill-store.js';

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
  const { flagsById, failures } = keeper.snapshot;
  const uncompiled = new Set(failures.map(({ flagKey }) => flagKey));
  const changes = new Map<string, { readonly backfill: Backfill; readonly unsettled: boolean }>();
  for (const backfill of group) {
    const known = flagsById.get(backfill.flagId)?.stored;
    if (known === undefined) continue;
    const failed = backfill.failed + step.failed > 0 || uncompiled.has(known.key);
    // After a backfill of one organization, users of others may still have to be judged.
    const unsettled = failed || (backfill.organizationId !== '' && known.unsettled === true);
    if (unsettled !== (known.unsettled === true)) changes.set(known.id, { backfill, unsettled });
  }
  if (changes.size === 0) {
    await store.transaction((tx) => tx.backfills.advance(ids, step));
    return;
  }
  const revision = await store.transaction(async (tx) => {
    const flags = await lockFlags(tx, changes.keys());
    const revision = await tx.configuration.advance();
    const ended = new Set(await tx.backfills.advance(ids, step));
    for (const flag of flags) {
      const { backfill, unsettled } = changes.get(flag.id)!;
      // A backfill that was cancelled or superseded meanwhile does not say that users were judged.
      if (ended.has(backfill.id)) await tx.configuration.putFlag(markUnsettled(flag, unsettled));
    }
    return revision;
  });
  await announceConfiguration({ keeper, notifier }, revision);
}

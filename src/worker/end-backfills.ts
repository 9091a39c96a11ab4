import { announceConfiguration } from '../configuration/configuration-write.js';
import { type FlagMarksOptions, lockFlags, markUnsettled } from '../configuration/flag-marks.js';
import type { Backfill, BackfillStep } from '../store/backfill-store.js';

/**
 * Takes the last step of these backfills, and marks their flags by whether everybody has been judged by them now. Where a mark
 * changes, that is a change of the configuration, which every server is told of.
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
    // An organization's alone does not say that everybody was judged.
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
      // One that was cancelled meanwhile, or whose place another one took, says nothing.
      if (ended.has(backfill.id)) await tx.configuration.putFlag(markUnsettled(flag, unsettled));
    }
    return revision;
  });
  await announceConfiguration({ keeper, notifier }, revision);
}

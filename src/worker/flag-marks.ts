import { type FlagMarksOptions, markUnsettled, writeFlagMarks } from '../configuration/flag-marks.js';

/** Flags that one transaction locks. */
const CHUNK = 100;

/**
 * Brings up to date the marks of flags that no write does: no user's and no organization's row may be left, whether they were
 * removed or their users were deleted; and where this server cannot compile a flag, whoever it judged has to be judged again
 * by a server that can. Gives how many marks changed.
 */
export async function tidyFlagMarks(options: FlagMarksOptions, signal?: AbortSignal): Promise<number> {
  return (await dropRowMarks(options, signal)) + (await markUncompiled(options));
}

async function dropRowMarks(options: FlagMarksOptions, signal?: AbortSignal): Promise<number> {
  const { store, keeper } = options;
  const marked = [...keeper.snapshot.flags.values()].filter(({ flag }) => flag.hasRows).map(({ flag }) => flag.id);
  const bare = await store.configuration.withoutRows(marked);
  let dropped = 0;
  for (let from = 0; from < bare.length && !signal?.aborted; from += CHUNK) {
    dropped += await writeFlagMarks(options, bare.slice(from, from + CHUNK), async (tx, flags) => {
      // Whoever puts a row locks the flag first: what has none now has none until the commit.
      const still = new Set(await tx.configuration.withoutRows(flags.map(({ id }) => id)));
      const concerned = flags.filter(({ id, hasRows }) => hasRows && still.has(id));
      return concerned.map(({ hasRows: _, ...flag }) => flag);
    });
  }
  return dropped;
}

async function markUncompiled(options: FlagMarksOptions): Promise<number> {
  const { flags, failures } = options.keeper.snapshot;
  const unmarked = failures
    .flatMap(({ flagKey }) => flags.get(flagKey) ?? [])
    .filter(({ stored }) => !stored.unsettled);
  return writeFlagMarks(
    options,
    unmarked.map(({ stored }) => stored.id),
    (_, stored) => stored.filter(({ unsettled }) => !unsettled).map((flag) => markUnsettled(flag, true)),
  );
}

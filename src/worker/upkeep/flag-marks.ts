import { type FlagMarksOptions, markUncompiled, writeFlagMarks } from '../../configuration/flag-marks.js';

/** How many flags one transaction locks. */
const CHUNK = 100;

/**
 * Brings up to date those marks of flags that no write does: the last row of a user or an organization may have been removed, also
 * with its user; and flags that this server cannot compile may not have been marked when it found that out. Gives how many
 * marks have changed.
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
    dropped += await writeFlagMarks(options, bare.slice(from, from + CHUNK), {
      among: async (tx, flags) => {
        // A row is put only under the flag's lock, so that a flag without rows has none until this transaction commits.
        const still = new Set(await tx.configuration.withoutRows(flags.map(({ id }) => id)));
        return flags.filter(({ id, hasRows }) => hasRows && still.has(id));
      },
      change: ({ hasRows: _, ...flag }) => flag,
    });
  }
  return dropped;
}

import type { Cause, EventCause, LedgerEntry } from '../../../../core/states/ledger.js';
import { rowsByKey } from '../../engine/rows-by-key.js';
import type { Sql } from '../../engine/sql.js';
import { contributionKeyOf, dedupeText, EVENT_KEY } from '../../events/event-row.js';

/**
 * The cause of an organization's entry as it is stored. Who did it is not written down once more: the entry refers to the event, which
 * says so for as long as it is kept, and until that user is deleted.
 */
type StoredCause = Cause & { readonly contribution?: string };

export function storedCause(organizationId: string, cause: Cause): StoredCause {
  if (cause.type !== 'event' || !cause.contributor) return cause;
  const { contributor, ...said } = cause;
  const { text } = contributionKeyOf({ organizationId, userId: contributor, source: said.source, id: said.eventId });
  return { ...said, contribution: text };
}

/** Entries of an organization's ledger with who did what was their cause, where that is still known. */
export async function withContributors(
  sql: Sql,
  part: number,
  entries: readonly LedgerEntry[],
): Promise<readonly LedgerEntry[]> {
  const named = new Set(entries.flatMap(({ cause }) => (cause as StoredCause).contribution ?? []));
  if (named.size === 0) return entries;
  const rows = await rowsByKey<{ dedupe: Uint8Array; contributor: string }>(
    sql,
    EVENT_KEY,
    Array.from(named, (text) => [part, Buffer.from(text, 'hex')]),
    (condition) => `SELECT dedupe, contributor FROM events${sql.dialect.useIndex('PRIMARY')} WHERE ${condition}`,
  );
  const contributors = new Map(rows.map((row) => [dedupeText(row.dedupe), row.contributor]));
  return entries.map((entry) => ({ ...entry, cause: toldCause(entry.cause, contributors) }));
}

function toldCause(stored: StoredCause, contributors: ReadonlyMap<string, string>): Cause {
  if (stored.type !== 'event' || stored.contribution === undefined) return stored;
  const { contribution, ...cause } = stored as EventCause & { readonly contribution: string };
  const contributor = contributors.get(contribution);
  return contributor === undefined ? cause : { ...cause, contributor };
}

import type { JsonValue } from '../core/values/json.js';
import type { Page, PageRequest } from './page.js';

/** What an entry of the audit is about: `flag` with its key, `user` with their id, … */
export interface AuditSubject {
  readonly kind: string;
  readonly id: string;
}

/** A change that a machine, an operator or the system made. It holds no secrets: they are redacted before. */
export interface AuditChange {
  readonly at: number;
  /** Who made it: `token:tok_…`, `user:ID`, or `system`. */
  readonly actor: string;
  /** The organization that the actor was confined to; '' for the platform. */
  readonly actorOrganization: string;
  /** What was done: `flag.set`, `token.create`, … */
  readonly action: string;
  /** What it was done to: a flag's key, an organization's id, … */
  readonly target: string;
  /** What was there before; null for nothing. */
  readonly before: JsonValue;
  readonly after: JsonValue;
  readonly requestId: string;
  readonly comment: string;
}

export interface NewAuditEntry extends AuditChange {
  /** All that it is about, each once: by these it is found, and a person's entries are erased. */
  readonly subjects: readonly AuditSubject[];
}

export interface AuditEntry extends AuditChange {
  /** Grows with time: a later entry has a larger one. */
  readonly id: number;
}

/** Which entries; each member narrows it. */
export interface AuditFilter {
  readonly target?: string;
  readonly actor?: string;
  readonly subject?: AuditSubject;
  readonly organizationId?: string;
  /** Only what this organization may read of itself; see {@link REACH}. */
  readonly reach?: string;
  /** Epoch milliseconds, half-open: from <= at < to. */
  readonly from?: number;
  readonly to?: number;
  /** Only entries that hold this text, whatever its case, in any of their parts. */
  readonly text?: string;
}

/** The kind of subject that names an organization whose own history an entry is part of: its admins may read it. */
export const REACH = 'reach';

export interface AuditReader {
  /**
   * Newest first, or oldest first. One page looks at a bounded number of entries: where the filter leaves few of them, it may have fewer
   * than asked for, and a next page all the same.
   */
  list(page: PageRequest & { readonly order?: 'oldest' }, filter: AuditFilter): Promise<Page<AuditEntry>>;
  /** One entry; undefined where there is none, or not within `reach`. */
  get(id: number, reach?: string): Promise<AuditEntry | undefined>;
  /** Drops entries from before this instant, the oldest first and `limit` at most. Gives how many. */
  purge(before: number, limit: number): Promise<number>;
}

/** Writes the audit. A change is recorded in its own transaction, so that the audit has exactly the changes that happened. */
export interface AuditWriter {
  append(entry: NewAuditEntry): Promise<void>;
  /**
   * Erases a person from at most `limit` entries that are about them or that they made, and from versions and ledgers of others where
   * they acted; gives how many entries and versions were changed: fewer than `limit` when nothing is left.
   */
  erasePerson(userId: string, limit: number): Promise<number>;
}

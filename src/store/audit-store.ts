import type { JsonValue } from '../core/values/json.js';
import type { Page, PageRequest } from './page.js';

/** A change that a machine, an operator or the system made. It holds no secrets: they are redacted before. */
export interface AuditEntry {
  readonly at: number;
  /** Who made it: `token:tok_…`, `user:ID`, or `system`. */
  readonly actor: string;
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

export interface AuditReader {
  /** Newest first; `target` narrows it when given. */
  list(page: PageRequest, filter: { readonly target?: string }): Promise<Page<AuditEntry>>;
  /** Drops entries from before this instant, the oldest first and `limit` at most. Gives how many. */
  purge(before: number, limit: number): Promise<number>;
}

/** Writes the audit. A change is recorded in its own transaction, so that the audit has exactly the changes that happened. */
export interface AuditWriter {
  append(entry: AuditEntry): Promise<void>;
}

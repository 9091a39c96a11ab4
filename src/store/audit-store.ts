import type { JsonValue } from '../core/values/json.js';
import type { Page, PageRequest } from './page.js';

/** One change that an operator or a machine token made; secrets are redacted before it gets here. */
export interface AuditEntry {
  readonly at: number;
  /** Who: `token:tok_…`, `user:ID`, or `system`. */
  readonly actor: string;
  /** What: `flag.set`, `token.create`, … */
  readonly action: string;
  /** On what: a flag's key, an organization's id, … */
  readonly target: string;
  /** null: there was nothing before. */
  readonly before: JsonValue;
  readonly after: JsonValue;
  readonly requestId: string;
  readonly comment: string;
}

export interface AuditReader {
  /** Newest first; `target` narrows it when given. */
  list(page: PageRequest, filter: { readonly target?: string }): Promise<Page<AuditEntry>>;
}

/** A change is noted in its own transaction: none stands here that did not happen, and none happens unnoted. */
export interface AuditWriter {
  append(entry: AuditEntry): Promise<void>;
}

import type { JsonValue } from '../core/values/json.js';
import type { Transaction } from '../store/store.js';
import { actorOf, type Call } from './caller.js';
import { invalid } from './errors.js';
import { redact } from './redact.js';

export interface AuditedChange {
  readonly action: string;
  readonly target: string;
  /** undefined: there was nothing. Anything that JSON can hold; secrets are redacted here. */
  readonly before: unknown;
  readonly after: unknown;
  readonly comment: string;
}

const MAX_COMMENT = 1_000;

/** Rejects with INVALID a comment that is too long for the audit, or no text. */
export function checkComment(comment: string): void {
  if (comment.length > MAX_COMMENT) {
    throw invalid(`a comment has at most ${MAX_COMMENT} characters, and this one has ${comment.length}`);
  }
  if (!comment.isWellFormed()) throw invalid('a comment must be well-formed Unicode');
}

/** Notes who changed what, in the transaction that changes it; that is given up for a comment that is too long. */
export async function recordAudit(
  tx: Pick<Transaction, 'audit'>,
  call: Call,
  at: number,
  { action, target, before, after, comment }: AuditedChange,
): Promise<void> {
  checkComment(comment);
  const { requestId } = call;
  const actor = actorOf(call.caller);
  await tx.audit.append({
    at,
    actor,
    action,
    target,
    before: asJson(before),
    after: asJson(after),
    requestId,
    comment,
  });
}

function asJson(value: unknown): JsonValue {
  return value === undefined ? null : redact(JSON.parse(JSON.stringify(value)) as JsonValue);
}

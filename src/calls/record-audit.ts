import type { JsonValue } from '../core/values/json.js';
import type { Transaction } from '../store/store.js';
import { actorOf, type Call } from './caller.js';
import { checkComment } from './check-input.js';
import { redact } from './redact.js';

export interface AuditedChange {
  readonly action: string;
  readonly target: string;
  /** Anything that JSON can hold, or undefined for nothing. Secrets in it are redacted here. */
  readonly before: unknown;
  readonly after: unknown;
  readonly comment: string;
}

/** Records who changed what, in the transaction that changes it. Rejects with INVALID a comment that is too long. */
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

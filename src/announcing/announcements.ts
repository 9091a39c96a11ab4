import type { AnnouncedType } from '../core/flags/announcement.js';
import type { Flag } from '../core/flags/flag.js';
import type { Snapshot } from '../core/snapshot/snapshot.js';
import type { Cause, LedgerKind } from '../core/states/ledger.js';
import type { Earner } from '../core/states/user-state.js';
import type { JsonObject } from '../core/values/json.js';
import type { OutboundEvent } from '../store/outbound-store.js';
import type { Transaction } from '../store/store.js';
import type { UserLedgerEntry } from '../store/user-store.js';
import { newEventId } from './webhook-message.js';

type Announcing = Pick<Transaction, 'outbound'>;

/**
 * The type of the event that webhooks are sent for an entry. An entry that only forgets, by a rearm or by a change of the rule with RELOCK,
 * makes no event.
 */
const TYPE_OF: Readonly<Partial<Record<LedgerKind, AnnouncedType>>> = {
  unlocked: 'dev.latchkey.unlocked',
  granted: 'dev.latchkey.unlocked',
  revoked: 'dev.latchkey.revoked',
  relocked: 'dev.latchkey.relocked',
};

/**
 * Writes the events that these entries make for webhooks, in the transaction that makes the entries; an event that no enabled
 * endpoint wants is not written. The transaction has confirmed the snapshot, so the snapshot knows what endpoints want.
 */
export async function announceEntries(
  tx: Announcing,
  entries: readonly UserLedgerEntry[],
  { announced, flagsById }: Pick<Snapshot, 'announced' | 'flagsById'>,
  earner: Earner = 'user',
): Promise<void> {
  if (announced.size === 0) return;
  const events = entries.flatMap((entry) => {
    const type = TYPE_OF[entry.kind];
    if (type === undefined || !announced.has(type)) return [];
    if (entry.kind === 'relocked' && entry.cause.type === 'backfill') return [];
    const { userId, flagId, ruleId, ruleVersion, earnedAt, recordedAt, cause } = entry;
    const data = {
      ...(earner === 'user' ? { user_id: userId } : { organization_id: userId }),
      ...{ flag_key: flagsById.get(flagId)?.flag.key ?? '', flag_id: flagId },
      ...{ rule_id: ruleId, rule_version: ruleVersion },
      ...{ earned_at: instant(earnedAt), recorded_at: instant(recordedAt), cause: causeOf(cause) },
    };
    // An event of an organization is no user's, so that no user's deletion takes it along.
    return [eventOf(type, { userId: earner === 'user' ? userId : '', subject: userId, at: recordedAt, data })];
  });
  if (events.length > 0) await tx.outbound.append(events);
}

/** Writes the event that a change of a flag makes for webhooks, likewise; `before` is undefined for a new flag. */
export async function announceFlag(
  tx: Announcing,
  {
    before,
    after,
    announced,
  }: { readonly before: Flag | undefined; readonly after: Flag } & Pick<Snapshot, 'announced'>,
): Promise<void> {
  const type = 'dev.latchkey.flag.changed';
  if (!announced.has(type)) return;
  const archived = after.archived && !before?.archived;
  const action = before === undefined ? 'created' : archived ? 'archived' : 'changed';
  const { id, key, version, updatedAt } = after;
  const data = { flag_key: key, flag_id: id, version, action, changed_at: instant(updatedAt) };
  await tx.outbound.append([eventOf(type, { userId: '', subject: key, at: updatedAt, data })]);
}

function eventOf(type: AnnouncedType, event: Omit<OutboundEvent, 'id' | 'type'>): OutboundEvent {
  return { id: newEventId(), type, ...event };
}

/** A cause as webhooks are told of it: without who acted by hand, and why, which stands in the audit; an event by its id and action. */
function causeOf(cause: Cause): JsonObject {
  const { type } = cause;
  if (type === 'correction') return { type, action: cause.action };
  if (type === 'role') return { type, roles: [...cause.roles] };
  if (type !== 'event') return { type };
  const { reverses } = cause;
  return {
    type,
    event_id: cause.eventId,
    action: cause.action,
    ...(reverses === undefined ? {} : { reverses: reverses.id }),
  };
}

function instant(epochMs: number): string {
  return new Date(epochMs).toISOString();
}

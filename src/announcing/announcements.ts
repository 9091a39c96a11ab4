import { randomUUID } from 'node:crypto';
import type { AnnouncedType } from '../core/flags/announcement.js';
import type { Flag } from '../core/flags/flag.js';
import type { Snapshot } from '../core/snapshot/snapshot.js';
import type { Cause, LedgerKind } from '../core/states/ledger.js';
import type { JsonObject } from '../core/values/json.js';
import type { OutboundEvent } from '../store/outbound-store.js';
import type { Transaction } from '../store/store.js';
import type { UserLedgerEntry } from '../store/user-store.js';

type Announcing = Pick<Transaction, 'outbound'>;

/** What a webhook hears of an entry; what is only forgotten, or may be earned anew, is nobody's news. */
const TYPE_OF: Readonly<Partial<Record<LedgerKind, AnnouncedType>>> = {
  unlocked: 'dev.latchkey.unlocked',
  granted: 'dev.latchkey.unlocked',
  revoked: 'dev.latchkey.revoked',
};

/**
 * Writes what webhooks are told of these entries, in the transaction that makes them; nothing where no enabled endpoint
 * wants it. The snapshot is the one that the transaction has confirmed, so it knows exactly who wants what.
 */
export async function announceEntries(
  tx: Announcing,
  entries: readonly UserLedgerEntry[],
  { announced, flagsById }: Pick<Snapshot, 'announced' | 'flagsById'>,
): Promise<void> {
  if (announced.size === 0) return;
  const events = entries.flatMap((entry) => {
    const type = TYPE_OF[entry.kind];
    if (type === undefined || !announced.has(type)) return [];
    const { userId, flagId, ruleId, ruleVersion, earnedAt, recordedAt, cause } = entry;
    const data = {
      ...{ user_id: userId, flag_key: flagsById.get(flagId)?.flag.key ?? '', flag_id: flagId },
      ...{ rule_id: ruleId, rule_version: ruleVersion },
      ...{ earned_at: instant(earnedAt), recorded_at: instant(recordedAt), cause: causeOf(cause) },
    };
    return [eventOf(type, { userId, subject: userId, at: recordedAt, data })];
  });
  if (events.length > 0) await tx.outbound.append(events);
}

/** Writes what webhooks are told of a changed flag, likewise; `before` is undefined for a new one. */
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

export function newEventId(): string {
  return `evt_${randomUUID().replaceAll('-', '')}`;
}

/** Who gave or took it by hand, and why, is for the audit; of an event its name, by which its producer knows it. */
function causeOf(cause: Cause): JsonObject {
  if (cause.type !== 'event') return { type: cause.type };
  return { type: cause.type, event_id: cause.eventId, action: cause.action };
}

function instant(epochMs: number): string {
  return new Date(epochMs).toISOString();
}

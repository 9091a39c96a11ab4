import type { Snapshot } from '../../core/snapshot/snapshot.js';
import type { Cause, LedgerEntry, LedgerKind } from '../../core/states/ledger.js';
import type { ActorName } from '../../services/tokens/actor-names.js';
import {
  Cause_Type,
  type Cause as CauseMessage,
  type LedgerEntry as EntryMessage,
  LedgerEntry_Kind,
} from '../gen/latchkey/v1/ledger.js';
import { instant } from './fields.js';

const KINDS: Readonly<Record<LedgerKind, LedgerEntry_Kind>> = {
  unlocked: LedgerEntry_Kind.KIND_UNLOCKED,
  granted: LedgerEntry_Kind.KIND_GRANTED,
  revoked: LedgerEntry_Kind.KIND_REVOKED,
  rearmed: LedgerEntry_Kind.KIND_REARMED,
  relocked: LedgerEntry_Kind.KIND_RELOCKED,
};

const CAUSES: Readonly<Record<Cause['type'], Cause_Type>> = {
  event: Cause_Type.TYPE_EVENT,
  identify: Cause_Type.TYPE_IDENTIFY,
  role: Cause_Type.TYPE_ROLE,
  progress: Cause_Type.TYPE_PROGRESS,
  access: Cause_Type.TYPE_ACCESS,
  organization: Cause_Type.TYPE_ORGANIZATION,
  time: Cause_Type.TYPE_TIME,
  backfill: Cause_Type.TYPE_BACKFILL,
  ledger: Cause_Type.TYPE_LEDGER,
  manual: Cause_Type.TYPE_MANUAL,
  correction: Cause_Type.TYPE_CORRECTION,
};

/** An entry of the ledger as a message. The snapshot has the present key of its flag. */
export function ledgerMessage(entry: LedgerEntry, { flagsById }: Snapshot, actorName: ActorName): EntryMessage {
  const { flagId, ruleId, ruleVersion, kind, earnedAt, recordedAt, cause } = entry;
  return {
    flagId,
    flagKey: flagsById.get(flagId)?.flag.key ?? '',
    ruleId,
    ruleVersion,
    kind: KINDS[kind],
    earnedAt: instant(earnedAt),
    recordedAt: instant(recordedAt),
    cause: causeMessage(cause, actorName),
  };
}

const NO_DETAILS = {
  ...{ source: '', eventId: '', action: '', stage: '', actor: '', actorName: '', reason: '', userId: '' },
  reverses: undefined,
};

const NO_ROLES: readonly string[] = [];

export function causeMessage(cause: Cause, actorName: ActorName): CauseMessage {
  const { type, ...details } = cause;
  if ('actor' in details) {
    return { ...NO_DETAILS, ...details, actorName: actorName(details.actor), roles: [], type: CAUSES[type] };
  }
  const roles = [...('roles' in details ? details.roles : NO_ROLES)];
  if (!('contributor' in details)) return { ...NO_DETAILS, ...details, roles, type: CAUSES[type] };
  const { contributor: userId = '', ...event } = details;
  return { ...NO_DETAILS, ...event, roles, userId, type: CAUSES[type] };
}

import type { StaleRows } from '../../calls/writes/stale-rows.js';
import type { AccessRow, Effect } from '../../core/flags/flag.js';
import type { AccessInput } from '../../services/access/access-rows.js';
import { AccessRow_Effect, type AccessRow as RowMessage } from '../gen/latchkey/v1/access.js';
import type { AccessConflict } from '../gen/latchkey/v1/conflict.js';
import { enumWord } from './fields.js';

const EFFECTS: readonly Effect[] = ['ALLOW', 'ALLOW', 'DENY'];

/** An access row from a request. The server decides who manages it. */
export function accessInput({ userId, role, organizationId, effect, enabled }: RowMessage): AccessInput {
  return {
    userId,
    role,
    organizationId,
    ...(effect === undefined ? {} : { effect: enumWord(EFFECTS, effect, '/effect') }),
    ...(enabled === undefined ? {} : { enabled }),
  };
}

/** An access row as a message. */
export function accessMessage({
  userId,
  role,
  organizationId,
  effect,
  enabled,
  managedBy,
}: Omit<AccessRow, 'flagId'>): RowMessage {
  return { userId, role, organizationId, effect: AccessRow_Effect[effect], enabled, managedBy };
}

/** The rows that a refused write was made on, as they are now. */
export function accessConflict({ present, absent }: StaleRows): AccessConflict {
  return { present: present.map(accessMessage), absent: absent.map(accessMessage) };
}

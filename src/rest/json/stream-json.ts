import type { Cause } from '../../core/states/ledger.js';
import type { FlagFlip, StreamEvent } from '../../services/streaming/event-stream.js';
import { rfc3339 } from './flag-json.js';
import { usageJson } from './usage-json.js';

/** The data of a stream's event, as JSON. */
export function streamJson(event: StreamEvent): object {
  switch (event.type) {
    case 'configuration':
      return { flag_keys: event.flagKeys };
    case 'user':
      return {
        user_id: event.userId,
        changed_at: rfc3339(event.at),
        unlocked: event.unlocked.map(flipJson),
        locked: event.locked.map(flipJson),
      };
    case 'reset':
    case 'heartbeat':
      return {};
  }
}

function flipJson({ flagKey, cause, decision }: FlagFlip) {
  const { enabled, variant, value, reason, validUntil, usage } = decision;
  const more = {
    ...(validUntil === undefined ? {} : { valid_until: rfc3339(validUntil) }),
    ...(usage === undefined ? {} : { usage: usageJson(usage) }),
  };
  return { flag_key: flagKey, cause: causeJson(cause), decision: { enabled, variant, value, reason, ...more } };
}

/** A cause as JSON, without empty members, which are those that the caller may not know. */
function causeJson(cause: Cause): object {
  const { type } = cause;
  const given = (members: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries(members).filter(([, value]) => value !== ''));
  switch (cause.type) {
    case 'event':
      return {
        ...{ type, ...given({ action: cause.action, event_id: cause.eventId, source: cause.source }) },
        ...(cause.reverses === undefined ? {} : { reverses: cause.reverses }),
      };
    case 'progress':
      return { type, stage: cause.stage };
    case 'role':
      return { type, roles: cause.roles };
    case 'manual':
      return { type, ...given({ actor: cause.actor, reason: cause.reason }) };
    case 'correction':
      return { type, ...given({ action: cause.action, actor: cause.actor, reason: cause.reason }) };
    default:
      return { type };
  }
}

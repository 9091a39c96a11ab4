import type { Caller } from '../../../calls/caller.js';
import type { JsonObject } from '../../../core/values/json.js';
import type { AttributeChange, IdentifyInput, UserService } from '../../../services/users/users.js';
import type { IdentifyRequest, IdentifyResponse } from '../../gen/latchkey/v1/user.js';
import { epochMs, jsonObject, updateMask } from '../../messages/fields.js';
import { USER_PATHS } from '../../messages/mask-paths.js';
import { userMessage } from '../../messages/user-message.js';
import type { UnaryMethod } from '../method.js';

/** `Identify`. */
export function identifyMethod(
  users: Pick<UserService, 'identify'>,
): UnaryMethod<Caller, IdentifyRequest, IdentifyResponse> {
  return {
    async handle(request, call) {
      const mask = updateMask(request.updateMask, USER_PATHS);
      const input = mask === undefined ? whatIsGiven(request) : whatIsNamed(request, mask);
      const { user, newlyUnlocked, newlyLocked, warnings, consistencyToken } = await users.identify(call, input);
      const flips = { newlyUnlocked: [...newlyUnlocked], newlyLocked: [...newlyLocked] };
      return { user: userMessage(user), ...flips, warnings: [...warnings], consistencyToken };
    },
  };
}

function whatIsGiven(request: IdentifyRequest): IdentifyInput {
  const { userId, organizationId, roles, emailVerified, timeZone } = request;
  const attributes = jsonObject(request.attributes);
  return {
    userId,
    organizationId,
    roles: roles.length === 0 ? undefined : roles,
    joinedAt: epochMs(request.joinedAt),
    emailVerified,
    attributes: attributes && laidOver(attributes),
    timeZone,
  };
}

function whatIsNamed(request: IdentifyRequest, mask: ReadonlySet<string>): IdentifyInput {
  const { userId, organizationId = '', roles, emailVerified = false, timeZone = '' } = request;
  const attributes = jsonObject(request.attributes) ?? {};
  return {
    userId,
    organizationId: mask.has('organization_id') ? organizationId : undefined,
    roles: mask.has('roles') ? roles : undefined,
    joinedAt: mask.has('joined_at') ? (epochMs(request.joinedAt) ?? null) : undefined,
    emailVerified: mask.has('email_verified') ? emailVerified : undefined,
    timeZone: mask.has('time_zone') ? timeZone : undefined,
    attributes: mask.has('attributes') ? { replace: true, set: attributes, remove: [] } : undefined,
  };
}

/** The change that lays attributes over those that are stored: by name, and null removes a name. */
function laidOver(attributes: JsonObject): AttributeChange {
  const entries = Object.entries(attributes);
  return {
    replace: false,
    set: Object.fromEntries(entries.filter(([, value]) => value !== null)),
    remove: entries.flatMap(([name, value]) => (value === null ? [name] : [])),
  };
}

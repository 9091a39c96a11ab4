import type { UserState } from '../../core/states/user-state.js';
import type { Progress } from '../gen/latchkey/v1/progress.js';
import type { User } from '../gen/latchkey/v1/user.js';
import { instant } from './fields.js';

/** A user's profile as a message. */
export function userMessage(user: UserState): User {
  const { id: userId, organizationId, roles, joinedAt, emailVerified, attributes, timeZone = '' } = user;
  return {
    userId,
    organizationId,
    roles: [...roles],
    joinedAt: instant(joinedAt),
    emailVerified,
    attributes,
    timeZone,
  };
}

/** A user's progress as a message. */
export function progressMessage({ id, stage, stagesReached, stageEnteredAt }: UserState): Progress {
  return {
    userId: id,
    stage,
    stagesReached: stagesReached.map((reached) => ({ stage: reached.stage, reachedAt: instant(reached.reachedAt) })),
    updatedAt: instant(stageEnteredAt),
  };
}

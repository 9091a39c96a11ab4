import type { UserState } from '../../core/states/user-state.js';
import type { Progress } from '../gen/latchkey/v1/progress.js';
import type { User } from '../gen/latchkey/v1/user.js';
import { instant } from './fields.js';

/** A user's profile as a message. */
export function userMessage({ id, organizationId, roles, joinedAt, emailVerified, attributes }: UserState): User {
  return { userId: id, organizationId, roles: [...roles], joinedAt: instant(joinedAt), emailVerified, attributes };
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

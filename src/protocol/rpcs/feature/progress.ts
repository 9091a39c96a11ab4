import type { Caller } from '../../../calls/caller.js';
import type { ProgressService } from '../../../services/onboarding/progress.js';
import type {
  GetProgressRequest,
  GetProgressResponse,
  UpdateProgressRequest,
  UpdateProgressResponse,
} from '../../gen/latchkey/v1/progress.js';
import { progressMessage } from '../../messages/user-message.js';
import type { UnaryMethod } from '../method.js';

/** `UpdateProgress`. */
export function updateProgressMethod(
  progress: Pick<ProgressService, 'update'>,
): UnaryMethod<Caller, UpdateProgressRequest, UpdateProgressResponse> {
  return {
    async handle({ userId, stage, allowBackward }, call) {
      const updated = await progress.update(call, { userId, stage, allowBackward });
      const { user, newlyUnlocked, newlyLocked, consistencyToken } = updated;
      const flips = { newlyUnlocked: [...newlyUnlocked], newlyLocked: [...newlyLocked] };
      return { progress: progressMessage(user), ...flips, consistencyToken };
    },
  };
}

/** `GetProgress`. */
export function getProgressMethod(
  progress: Pick<ProgressService, 'get'>,
): UnaryMethod<Caller, GetProgressRequest, GetProgressResponse> {
  return { handle: async ({ userId }, call) => ({ progress: progressMessage(await progress.get(call, userId)) }) };
}

import { type Call, confinedTo } from '../../calls/caller.js';
import { invalid, notFound } from '../../calls/errors.js';
import type { UserState } from '../../core/states/user-state.js';
import { quote } from '../../core/values/json.js';
import { faultOfName } from '../../core/values/names.js';
import type { StateSource } from '../../store/state-source.js';
import { requireOwnUser } from '../access/own-user.js';

/** Rejects with NOT_FOUND a user whose stream the caller may not open; '' is the configuration alone, for machines. */
export async function requireWatchable(call: Call, userId: string, users: StateSource<UserState>): Promise<void> {
  const { caller } = call;
  if (userId === '') {
    if (caller.kind === 'person') throw notFound('people watch themselves');
    return;
  }
  const fault = faultOfName('userId', userId);
  if (fault !== undefined) throw invalid(fault);
  if (caller.kind === 'person') {
    if (caller.userId !== userId) throw notFound(`no user ${quote(userId)}`);
    return;
  }
  if (confinedTo(caller) === '') return;
  const held = await users.load([userId], call.deadline === undefined ? {} : { deadline: call.deadline });
  requireOwnUser(call, held.get(userId)!.state);
}

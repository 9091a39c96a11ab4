import { MAX_ACTIONS, type UserState } from '../states/user-state.js';
import { quote } from '../values/json.js';

/**
 * What is wrong with one more action of a user; undefined where nothing is. An action that was counted before takes no room.
 *
 * @param more the actions that are being counted and that the state does not have
 */
export function faultOfAction(
  { id, actions }: Pick<UserState, 'id' | 'actions'>,
  action: string,
  more: ReadonlySet<string>,
): string | undefined {
  // The state is asked last: to look for an action takes long in one that is held.
  if (actions.size + more.size < MAX_ACTIONS || more.has(action) || actions.has(action)) return undefined;
  return (
    `the user ${quote(id)} has done ${MAX_ACTIONS} different actions, as many as are counted: ${quote(action)} would be one more; ` +
    'send one action for all events of a kind, and put what tells them apart into properties'
  );
}

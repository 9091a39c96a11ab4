import { MAX_ACTIONS, type UserState } from '../core/states/user-state.js';
import { quote } from '../core/values/json.js';

/**
 * What is wrong with one more action of a user; undefined where nothing is. An action that was counted before takes no room.
 *
 * @param more the actions that are being counted besides those of the state
 */
export function faultOfAction(
  { id, actions }: Pick<UserState, 'id' | 'actions'>,
  action: string,
  more: ReadonlySet<string> | ReadonlyMap<string, unknown>,
): string | undefined {
  if (actions.has(action) || more.has(action)) return undefined;
  let counted = actions.size;
  for (const name of more.keys()) if (!actions.has(name)) counted += 1;
  if (counted < MAX_ACTIONS) return undefined;
  return (
    `the user ${quote(id)} has done ${MAX_ACTIONS} different actions, as many as are counted: ${quote(action)} would be one more; ` +
    'send one action for all events of a kind, and put what tells them apart into properties'
  );
}

import type { QueryKey } from '@tanstack/react-query';
import type { LiveEvent } from './live-event.js';

/**
 * What an event makes out of date: the queries whose keys begin so. Keys begin with what they are about: `['flags', …]` for lists,
 * `['flag', KEY, …]` for all of one flag, `['try', people(IDS), …]` for what is tried on some people.
 */
export function outdatedBy(event: LiveEvent): readonly QueryKey[] {
  switch (event.name) {
    case 'configuration': {
      const { flag_keys, segment_keys, actions, stages } = event.data;
      return [
        ...(flag_keys.length > 0 ? [['flags'], ...DECIDED] : []),
        ...flag_keys.map((key) => ['flag', key]),
        ...(segment_keys.length > 0 ? [['segments'], ['vocabulary'], ...DECIDED] : []),
        ...segment_keys.map((key) => ['segment', key]),
        ...(actions.length > 0 ? [['actions'], ['vocabulary'], ['references']] : []),
        ...(stages ? [['stages'], ['onboarding'], ['vocabulary'], ['references'], ['user'], ['try']] : []),
      ];
    }
    case 'audit': {
      // `token.create` is about tokens, `access.set` about a flag’s rows, which are its list’s, too.
      const [about = ''] = event.data.action.split('.', 1);
      return [['audit'], ['overview'], ...(ABOUT[about] ?? [])];
    }
    case 'backfill':
      return [['backfills'], ['backfill', event.data.backfill?.id]];
    case 'unlock':
      // Those that were left out of the stream are read when its counters come.
      return [
        ['unlocks', event.data.flag_key],
        ['user', event.data.user_id],
        ['try', people([event.data.user_id])],
      ];
    case 'counters':
      return [];
    case 'reset':
      return [[]];
  }
}

/** People as a part of a key: a key that names some of them stands for all keys that name them, too. */
export function people(ids: readonly string[]): Readonly<Record<string, true>> {
  return Object.fromEntries(ids.map((id) => [id, true]));
}

/** What shows how flags are decided for somebody. */
const ANSWERS: readonly QueryKey[] = [['user'], ['organization'], ['organizations'], ['try']];

/** Likewise, or who refers to what. */
const DECIDED: readonly QueryKey[] = [...ANSWERS, ['references']];

const ABOUT: Readonly<Record<string, readonly QueryKey[]>> = {
  access: [['flags'], ['access'], ...DECIDED],
  unlock: ANSWERS,
  user: [['users'], ...ANSWERS],
  token: [['tokens']],
  session: [['tokens']],
  webhook: [['webhooks']],
  deliveries: [['webhooks']],
  'dead-letters': [['dead-letters'], ['health']],
  organization: [...ANSWERS, ['onboarding']],
};

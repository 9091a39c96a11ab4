import { describe, expect, it } from '@jest/globals';
import { QueryClient } from '@tanstack/react-query';
import type { LiveEvent } from './live-event.js';
import { outdatedBy, people } from './outdated-by.js';

const KEYS = [
  ['unlocks', 'reports'],
  ['unlocks', 'beta'],
  ['try', people(['ada', 'grace']), 'reports', 3, ''],
  ['try', people(['__proto__']), 'reports', 3, ''],
  ['user', 'ada', 'told', 'reports', 3],
  ['user', '', 'told', 'reports', 3],
  ['tokens'],
];

/** The first words and whom they are about, of what an event makes out of date. */
function outdated(name: string, data: object): readonly string[] {
  const queries = new QueryClient();
  for (const queryKey of KEYS) queries.setQueryData(queryKey, 0);
  for (const queryKey of outdatedBy({ name, data } as LiveEvent)) void queries.invalidateQueries({ queryKey });
  const all = queries.getQueryCache().findAll({ predicate: ({ state }) => state.isInvalidated });
  const said = all.map(({ queryKey }) => JSON.stringify(queryKey.slice(0, 2)));
  queries.clear();
  return said;
}

const ANSWERS = [KEYS[2], KEYS[3], KEYS[4], KEYS[5]].map((key) => JSON.stringify(key!.slice(0, 2)));

describe('what an event makes out of date', () => {
  it('is of an unlock the ledger of that flag, and what is shown of that person', () => {
    const unlock = (user_id: string) => outdated('unlock', { user_id, flag_key: 'reports', left_out: 0 });
    expect(unlock('ada')).toEqual(['["unlocks","reports"]', ANSWERS[0], '["user","ada"]']);
    expect(unlock('__proto__')).toEqual(['["unlocks","reports"]', ANSWERS[1]]);
    expect(unlock('edsger')).toEqual(['["unlocks","reports"]']);
  });

  it('is of rows, grants and people whatever is decided', () => {
    for (const action of ['access.set', 'unlock.grant', 'unlock.revoke', 'user.claim', 'organization.set'])
      expect([action, outdated('audit', { action, target: 'x' })]).toEqual([action, ANSWERS]);
    const nothing = { flag_keys: [], segment_keys: [], actions: [], stages: false };
    for (const changed of [{ flag_keys: ['beta'] }, { segment_keys: ['known'] }, { stages: true }])
      expect(outdated('configuration', { ...nothing, ...changed })).toEqual(ANSWERS);
    expect(outdated('audit', { action: 'token.create', target: 'x' })).toEqual(['["tokens"]']);
  });
});

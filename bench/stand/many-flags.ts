import { type FlagInput, parseFlag } from '../../src/core/flags/parse-flag.js';
import type { JsonObject } from '../../src/core/values/json.js';
import type { Store } from '../../src/store/store.js';
import { actionName } from './many-users.js';

/** So many of the flags, the first ones, read events, each those of an action of its own. */
export const EVENT_FLAGS = 20;

export const flagKey = (n: number): string => `flag-${n}`;

const ROLES = ['employee', 'manager', 'admin'];

/** The n-th flag's rule, of three conditions. Those that read events latch at the first or the second one; the others read who a user is. */
export function ruleOf(n: number): { readonly policy: 'LIVE' | 'LATCHING'; readonly conditions: JsonObject } {
  const pro = { fact: 'attribute', path: '$.plan', operator: 'equal', value: 'pro' };
  if (n >= EVENT_FLAGS) {
    const role = { fact: 'roles', operator: 'contains', value: ROLES[n % ROLES.length]! };
    const joined = { fact: 'daysSinceJoin', operator: 'greaterThanInclusive', value: n % 365 };
    return { policy: 'LIVE', conditions: { all: [pro, role, joined] } };
  }
  const params = { action: actionName(n) };
  const often = { fact: 'actionCount', params, operator: 'greaterThanInclusive', value: 1 + (n % 2) };
  const lately = { fact: 'activeDays', params, operator: 'greaterThanInclusive', value: 1 };
  return { policy: 'LATCHING', conditions: { all: [pro, often, lately] } };
}

/** Stores flags in one transaction and by way of no service: one revision, no audit, no backfill. */
export async function loadManyFlags(
  store: Pick<Store, 'transaction' | 'now'>,
  flags: number,
  inputOf: (n: number) => FlagInput = (n) => ({ rules: [ruleOf(n)], tags: ['bench'] }),
  hasRows = false,
): Promise<void> {
  const now = await store.now();
  await store.transaction(async ({ configuration }) => {
    await configuration.advance();
    for (let n = 0; n < flags; n++) {
      const { flag, faults } = parseFlag({
        ...{ key: flagKey(n), input: inputOf(n), existing: undefined },
        ...{ now, newId: (prefix) => `${prefix}_${n}`, relock: false },
      });
      if (faults.length > 0) throw new Error(JSON.stringify(faults));
      await configuration.putFlag(hasRows ? { ...flag, hasRows } : flag);
    }
  });
}

import type { FlagInput } from '../../src/core/flags/parse-flag.js';
import type { JsonObject } from '../../src/core/values/json.js';
import type { Store } from '../../src/store/store.js';
import { AdminServiceClient } from '../../test/gen/latchkey/v1/admin_service.js';
import { CreateTokenRequest, type CreateTokenResponse } from '../../test/gen/latchkey/v1/token.js';
import { connectTo } from './latchkey-client.js';
import { flagKey, loadManyFlags } from './many-flags.js';
import { actionName, loadManyUsers } from './many-users.js';
import { TOKEN } from './processes.js';

/** Counters of each user. */
export const COUNTERS = 10;

/** Three conditions on a user, which hold for nearly all that {@link loadAsked} stores, whatever the flag. */
export const conditionsOf = (n: number): JsonObject => ({
  all: [
    { fact: 'attribute', path: '$.plan', operator: 'equal', value: 'pro' },
    {
      ...{ fact: 'actionCount', params: { action: actionName(n % COUNTERS) } },
      ...{ operator: 'greaterThanInclusive', value: 1 },
    },
    { fact: 'daysSinceJoin', operator: 'greaterThanInclusive', value: n % 7 },
  ],
});

/** A flag that is on for half of the users. */
export const userFlag = (n: number): FlagInput => ({
  rules: [{ conditions: conditionsOf(n), rolloutPer100k: 50_000 }],
});

/** Every second flag depends on the user, the others on nobody. */
export const mixedFlag = (n: number): FlagInput => (n % 2 === 0 ? { isEnabledGlobally: true } : userFlag(n));

/** Stores the flags that are asked for and the users who ask. */
export async function loadAsked(
  store: Pick<Store, 'transaction' | 'now'>,
  { flags, users, flag }: { readonly flags: number; readonly users: number; readonly flag: typeof userFlag },
): Promise<void> {
  await loadManyFlags(store, flags, flag);
  await loadManyUsers(store, { users, counters: COUNTERS, countOf: (user, action) => 1 + ((user + action) % 20) });
}

/** Makes tokens of services that evaluate; gives their secrets. */
export async function makeTokens(address: string, tokens: number): Promise<readonly string[]> {
  const { client, call } = connectTo(AdminServiceClient, address, TOKEN);
  const secrets: string[] = [];
  for (let n = 0; n < tokens; n++) {
    const request = CreateTokenRequest.fromPartial({ name: `service ${n}`, scopes: ['evaluate'] });
    const { secret } = await call<CreateTokenRequest, CreateTokenResponse>(client.createToken, request);
    secrets.push(secret);
  }
  client.close();
  return secrets;
}

export const keysOf = (flags: number): readonly string[] => Array.from({ length: flags }, (_, n) => flagKey(n));

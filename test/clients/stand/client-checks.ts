import assert from 'node:assert/strict';
import { pause, until } from '../../timing.js';
import type { Client, ClientDriver, Details, Question } from './client-driver.js';
import { CASES } from './client-flags.js';
import { asTold, type ClientTraits, cached, titleOf } from './client-traits.js';
import type { ClientsServer } from './clients-server.js';

/** One thing that holds of a client: resolves where it does, rejects with what is otherwise. */
export interface ClientCheck {
  readonly name: string;
  run(): Promise<void>;
}

export interface ClientStand {
  readonly server: ClientsServer;
  readonly driver: ClientDriver;
}

export const CHANGED = 'PROVIDER_CONFIGURATION_CHANGED';

/** How often a change may be looked for before it is late. */
const CHANGE_MS = 10_000;

let flagsMade = 0;

/** All that holds of a client while the server runs; the checks share one opened client, and each flag they change is their own. */
export function checksOf(stand: () => ClientStand, traits: ClientTraits): readonly ClientCheck[] {
  let opening: Promise<Client> | undefined;
  const client = (): Promise<Client> => {
    opening ??= openClient(stand(), traits);
    return opening;
  };
  const told = CASES.filter(({ ask, mismatch }) => traits.asks.includes(ask.type) && !(mismatch && traits.anyObject));
  const cases = told.map((each) => ({
    name: each.case,
    run: async () => {
      const details = await confirmed(await client(), each.ask);
      if (typeof each.expect === 'function') each.expect(details);
      else holds(details, asTold(each.expect, traits, each.ask), cached(traits));
    },
  }));
  return [
    ...cases,
    { name: 'what differs between users is never taken from a cache', run: async () => differs(await client()) },
    {
      name: 'what stops being the same for everybody is asked again, and what is denied is denied at once',
      run: async () => stopsBeingStatic(stand().server, await client(), traits),
    },
    {
      name: traits.reports ? 'a change is reported, and its value is there' : 'a change is there',
      run: async () => changes(stand().server, await client(), traits),
    },
  ];
}

/** What is answered once the store, on a busy machine, confirms it in time. */
async function confirmed(client: Client, question: Question): Promise<Details> {
  let details = await client.ask(question);
  await until(async () => {
    if (details.reason !== 'STALE') return true;
    details = await client.ask(question);
    return false;
  });
  return details;
}

export function openClient({ server, driver }: ClientStand, traits: ClientTraits): Promise<Client> {
  const options = { ...server.clientOptions, ...traits.options };
  return driver.open(titleOf(traits), traits.provider, options);
}

/** That these details say what is expected; a cache may have answered what is STATIC. */
function holds(details: Details, expected: Details, maybeCached: boolean): void {
  const { metadata, ...rest } = expected;
  for (const [name, value] of Object.entries(rest)) {
    const told = details[name as keyof Details];
    if (name === 'reason' && maybeCached && value === 'STATIC' && told === 'CACHED') continue;
    assert.deepStrictEqual(told, value, `${name} of ${JSON.stringify(details)}`);
  }
  for (const [name, value] of Object.entries(metadata ?? {})) {
    assert.deepStrictEqual(details.metadata?.[name], value, `metadata of ${JSON.stringify(details)}`);
  }
}

async function differs(client: Client): Promise<void> {
  const ask = (plan: string): Promise<Details> =>
    confirmed(client, {
      type: 'boolean',
      flag: 'pro_tools',
      otherwise: false,
      context: { targetingKey: 'grace', plan },
    });
  for (const plan of ['pro', 'free', 'pro', 'free']) {
    const on = plan === 'pro';
    holds(await ask(plan), { value: on, reason: on ? 'TARGETING_MATCH' : 'DEFAULT' }, false);
  }
}

async function stopsBeingStatic(server: ClientsServer, client: Client, traits: ClientTraits): Promise<void> {
  const flag = await makeFlag(server, { is_enabled_globally: true });
  const ask = (targetingKey: string): Promise<Details> => client.ask(booleanOf(flag, targetingKey));
  await until(async () => (await ask('ada')).value === true, CHANGE_MS);
  const again = await ask('grace');
  holds(again, { value: true, reason: cached(traits) ? 'CACHED' : 'STATIC' }, false);
  await server.admin('PATCH', `/api/admin/flags/${flag}/access`, {
    access: [{ user_id: 'grace', effect: 'DENY' }],
    comment: 'not for grace',
  });
  await until(async () => (await ask('grace')).value === false, CHANGE_MS);
  for (const user of ['ada', 'grace', 'ada', 'grace']) {
    const expected = user === 'ada' ? { value: true, reason: 'DEFAULT' } : { value: false, reason: 'TARGETING_MATCH' };
    holds(await ask(user), expected, false);
  }
}

async function changes(server: ClientsServer, client: Client, traits: ClientTraits): Promise<void> {
  const flag = await makeFlag(server, {});
  await until(async () => (await client.ask(booleanOf(flag, 'ada'))).errorCode === undefined, CHANGE_MS);
  client.news();
  await server.admin('PATCH', `/api/admin/flags/${flag}`, { is_enabled_globally: true });
  if (traits.reports) {
    await until(() => client.news().some(({ event, flags }) => event === CHANGED && flags.includes(flag)), CHANGE_MS);
    holds(await client.ask(booleanOf(flag, 'ada')), { value: true }, false);
  } else await until(async () => (await client.ask(booleanOf(flag, 'ada'))).value === true, CHANGE_MS);
  await server.admin('PATCH', `/api/admin/flags/${flag}`, { archived: true });
  await until(async () => (await client.ask(booleanOf(flag, 'ada'))).errorCode === 'FLAG_NOT_FOUND', CHANGE_MS);
}

/** That clients come back by themselves after the server was away, and hold nothing of before for true. */
export async function comesBack(server: ClientsServer, clients: readonly (readonly [ClientTraits, Client])[]) {
  const flag = await makeFlag(server, { is_enabled_globally: true });
  const valueFor = async (client: Client): Promise<unknown> => (await client.ask(booleanOf(flag, 'ada'))).value;
  for (const [, client] of clients) {
    await until(async () => (await valueFor(client)) === true, CHANGE_MS);
    client.news();
  }
  await server.stop();
  await server.start();
  await server.admin('PATCH', `/api/admin/flags/${flag}`, { is_enabled_globally: false });
  await Promise.all(
    clients.map(async ([traits, client]) => {
      const off = async (): Promise<boolean> => {
        const { value, errorCode } = await client.ask(booleanOf(flag, 'ada', true));
        return errorCode === undefined && value === false;
      };
      await until(off, 3 * CHANGE_MS);
      if (!traits.reports) return;
      // Answers may be there before the stream is: what changed in between it does not report.
      const reported = async (): Promise<boolean> => {
        const later = await makeFlag(server, {});
        await pause(500);
        return client.news().some(({ flags }) => flags.includes(later));
      };
      await until(reported, 3 * CHANGE_MS);
    }),
  );
}

async function makeFlag(server: ClientsServer, body: object): Promise<string> {
  flagsMade += 1;
  const flag = `made_${flagsMade}`;
  await server.admin('PATCH', `/api/admin/flags/${flag}`, { client_visible: true, ...body });
  return flag;
}

function booleanOf(flag: string, targetingKey: string, otherwise = false): Question {
  return { type: 'boolean', flag, otherwise, context: { targetingKey } };
}

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { personToken, type RestStand, startRestStand } from './testing/rest-stand.js';

const FLAGS = '/api/feature-flags/';
const PROGRESS = '/api/user/progress/';

let stand: RestStand;
let machine: string;
beforeAll(async () => {
  stand = await startRestStand();
  machine = await stand.machine(['evaluate', 'identify']);
  await stand.flag('open', { isEnabledGlobally: true });
  await stand.flag('closed');
});
afterAll(() => stand.close());

const query = (userId: string): string => `?user_id=${encodeURIComponent(userId)}`;
const keysOf = (json: unknown) => (json as { flags: { key: string }[] }).flags.map(({ key }) => key);

describe('names', () => {
  it.each([["'; DROP TABLE users; --"], ['__proto__'], ['constructor'], ['a&b=c#d?e/..%00'], ['Ünï😀']])(
    'that mean something elsewhere are people and organizations like any others: %s',
    async (name) => {
      const token = await personToken({ sub: name, org: `o ${name}`, roles: [name] });
      expect(keysOf((await stand.ask(FLAGS, { token })).json)).toEqual(['open']);
      const reached = await stand.ask(PROGRESS, { method: 'PATCH', token, body: { stage: name } });
      expect(reached).toMatchObject({ status: 200, json: { user_id: name, stage: name } });

      await stand.latchkey.services.users.identify(stand.latchkey.operator, { userId: name, roles: [name] });
      await stand.flag('closed', { rules: [{ conditions: { all: [contains('roles', name)] } }] });
      const shown = await stand.ask(`${FLAGS}${query(name)}`, { token: machine });
      expect(keysOf(shown.json)).toEqual(['closed', 'open']);
      const read = await stand.ask(`${PROGRESS}${query(name)}`, { token: machine });
      expect(read).toMatchObject({ status: 200, json: { user_id: name, stage: name } });
      expect(keysOf((await stand.ask(`${FLAGS}${query('somebody else')}`, { token: machine })).json)).toEqual(['open']);
    },
  );

  it.each([['trailing '], [' leading'], ['new\nline'], ['nul\0'], ['x'.repeat(192)]])(
    'that cannot be told apart or shown are refused: %j',
    async (name) => {
      for (const path of [FLAGS, PROGRESS]) {
        expect(await stand.ask(`${path}${query(name)}`, { token: machine })).toMatchObject({
          status: 400,
          json: { code: 'INVALID' },
        });
        const token = await personToken({ sub: name });
        expect(await stand.ask(path, { token })).toMatchObject({ status: 401 });
      }
    },
  );
});

function contains(fact: string, value: string) {
  return { fact, operator: 'contains', value };
}

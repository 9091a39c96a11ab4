import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { personToken, type RestStand, startRestStand } from '../testing/rest-stand.js';

let stand: RestStand;
let token: string;
/** Of some 64 KiB as JSON, which takes six times as much in protobuf. */
const value = Array.from({ length: 32_000 }, () => 0);
const FLAGS = 45;

beforeAll(async () => {
  stand = await startRestStand();
  token = await personToken({ sub: 'anna' });
  const variants = [
    { key: 'on', value: null },
    { key: 'off', value },
  ];
  const conditions = { all: [{ fact: 'emailVerified', operator: 'equal', value: true }] };
  for (let i = 0; i < FLAGS; i++) await stand.flag(`large-${i}`, { type: 'JSON', variants, rules: [{ conditions }] });
});
afterAll(() => stand.close());

it.each(['/api/feature-flags/?all=true', '/api/requirements/'])(
  'more values than an answer may have are refused, and what to do is told: %s',
  async (path) => {
    expect(await stand.ask(path, { token })).toMatchObject({
      status: 429,
      json: { code: 'LIMITED', detail: expect.stringMatching(/take more than 16 MiB; give flags smaller values/) },
    });
    await stand.flag('large-0', { clientVisible: false });
    for (let i = 1; i < 10; i++) await stand.flag(`large-${i}`, { clientVisible: false });
    expect(await stand.ask(path, { token })).toMatchObject({ status: 200 });
    for (let i = 0; i < 10; i++) await stand.flag(`large-${i}`, { clientVisible: true });
  },
);

it('values that are not shown do not count', async () => {
  expect(await stand.ask('/api/feature-flags/', { token })).toMatchObject({ status: 200, json: { flags: [] } });
});

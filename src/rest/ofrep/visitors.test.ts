import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { askOf, personToken, type RestStand, startRestStand } from '../testing/rest-stand.js';

const PATH = '/ofrep/v1/evaluate/flags';
const contexts = { clientAttributes: 'client_', visitors: { requestsPerMinute: 0 } };
const HALVES = ['a', 'b'].map((variant) => ({ variant, weight: 1 }));

let stand: RestStand;

beforeAll(async () => {
  stand = await startRestStand({ contexts });
  const variants = ['off', 'a', 'b'].map((key) => ({ key, value: key }));
  await stand.flag('theme', { type: 'STRING', variants, isEnabledGlobally: true, distribution: HALVES });
  await stand.flag('half', { rules: [{ id: 'half', rolloutPer100k: 50_000 }] });
  await stand.flag('hidden', { isEnabledGlobally: true, clientVisible: false });
  const of = (name: string) => ({ all: [{ fact: 'attribute', path: `$.${name}`, operator: 'equal', value: 'x' }] });
  await stand.flag('on_phones', { rules: [{ id: 'phones', conditions: of('client_device') }] });
  await stand.flag('paying', { rules: [{ id: 'paying', conditions: of('plan') }] });
  await stand.flag('stored', { rules: [{ id: 'known', conditions: of('known') }] });
  const { services, operator } = stand.latchkey;
  await services.users.identify(operator, {
    userId: 'ada',
    attributes: { replace: false, set: { known: 'x' }, remove: [] },
  });
});
afterAll(() => stand.close());

interface Resolved {
  readonly value: unknown;
  readonly reason: string;
  readonly errorCode?: string;
}

async function ask(key: string, context: object, token?: string): Promise<Resolved> {
  const { json } = await stand.ask(`${PATH}/${key}`, { method: 'POST', body: { context }, ...(token && { token }) });
  return json as Resolved;
}

const IDS = Array.from({ length: 40 }, (_, i) => `visitor-${i}`);

describe('a visitor', () => {
  it('is told of flags that are for people’s screens, and is offered no stream', async () => {
    const answer = await stand.ask(PATH, { method: 'POST', body: { context: {} } });
    const { flags, eventStreams } = answer.json as { flags: { key: string }[]; eventStreams?: unknown };
    expect(flags.map(({ key }) => key)).toEqual(['half', 'on_phones', 'paying', 'stored', 'theme']);
    expect(eventStreams).toBeUndefined();
    expect(await ask('hidden', {})).toMatchObject({ errorCode: 'FLAG_NOT_FOUND' });
    const listed = await stand.ask('/api/feature-flags/?all=true&user_id=nobody', {
      token: await stand.machine(['evaluate']),
    });
    const { flags: visible } = listed.json as { flags: { key: string }[] };
    expect(flags.map(({ key }) => key)).toEqual(visible.map(({ key }) => key));
  });

  it('is told no rule, and people are', async () => {
    const context = { client_device: 'x' };
    const told = { key: 'on_phones', reason: 'TARGETING_MATCH', variant: 'on', value: true };
    expect(await ask('on_phones', context)).toEqual(told);
    const ada = await personToken({ sub: 'ada' });
    expect(await ask('on_phones', context, ada)).toEqual({ ...told, metadata: { rule_id: 'phones' } });
  });

  it('adds attributes below the prefix, and overrides nothing', async () => {
    expect(await ask('on_phones', { client_device: 'x' })).toMatchObject({ value: true });
    expect(await ask('paying', { plan: 'x' })).toMatchObject({ value: false });
  });

  it('is nobody of whom something is stored, whatever the context names', async () => {
    for (const context of [{ targetingKey: 'ada' }, { anonymousId: 'ada' }]) {
      expect(await ask('stored', context)).toMatchObject({ value: false });
    }
    const machine = await stand.machine(['evaluate']);
    expect(await ask('stored', { targetingKey: 'ada' }, machine)).toMatchObject({ value: true });
  });

  it('keeps rollouts and variants when they sign in and name their id, at every door and by every caller', async () => {
    const [ada, machine] = [await personToken({ sub: 'ada' }), await stand.machine(['evaluate'])];
    let moved = 0;
    for (const key of ['theme', 'half']) {
      const seen = new Set<unknown>();
      const own = (await ask(key, {}, ada)).value;
      for (const id of IDS) {
        const { value } = await ask(key, { targetingKey: id });
        seen.add(value);
        const same = [
          await ask(key, { anonymousId: id, targetingKey: 'anything' }),
          await ask(key, { targetingKey: 'ada', anonymousId: id }, ada),
          await ask(key, { targetingKey: 'ada', anonymousId: id }, machine),
          await ask(key, { targetingKey: id, anonymous: true }, machine),
        ];
        expect(same.map((one) => one.value)).toEqual([value, value, value, value]);
        if (value !== own) moved++;
      }
      expect(seen.size).toBe(2);
    }
    expect(moved).toBeGreaterThan(0);
    expect(await ask('half', {})).toMatchObject({ value: false });
  });

  it('is limited by address, with Retry-After, and nobody with a token by them', async () => {
    await stand.withDoor({ contexts: { ...contexts, visitors: { requestsPerMinute: 2 } } }, async (_, origin) => {
      const from = (token?: string) =>
        askOf(origin, `${PATH}/theme`, { method: 'POST', body: {}, ...(token && { token }) });
      expect([(await from()).status, (await from()).status]).toEqual([200, 200]);
      const limited = await from();
      expect([limited.status, limited.json]).toEqual([429, expect.objectContaining({ errorCode: 'GENERAL' })]);
      expect(Number(limited.headers.get('retry-after'))).toBeGreaterThan(0);
      expect((await from(await personToken({ sub: 'ada' }))).status).toBe(200);
    });
  });

  it('needs no credentials as the document says, where they are let in and at OFREP’s routes alone', async () => {
    const needed = async (origin: string): Promise<readonly (readonly string[])[][]> => {
      const { json } = await askOf(origin, '/openapi.json');
      const { paths } = json as { paths: Record<string, { post?: { security?: object[] } }> };
      const asked = [PATH, `${PATH}/{key}`, '/api/events'];
      return asked.map((path) => (paths[path]?.post?.security ?? [{ theDefault: [] }]).map(Object.keys));
    };
    const [either, others] = [[['bearer'], ['apiKey']], [['theDefault']]];
    expect(await needed(`http://${stand.door.address}`)).toEqual([[...either, []], [...either, []], others]);
    await stand.withDoor({}, async (_, origin) => expect(await needed(origin)).toEqual([either, either, others]));
  });

  it('is nobody where visitors are not let in, and a signed-in user’s anonymous id is not read there', async () => {
    await stand.withDoor({}, async (_, origin) => {
      const from = (context: object, token?: string) =>
        askOf(origin, `${PATH}/theme`, { method: 'POST', body: { context }, ...(token && { token }) });
      expect((await from({ targetingKey: 'visitor-1' })).status).toBe(401);
      const ada = await personToken({ sub: 'ada' });
      const values = new Set<unknown>();
      for (const anonymousId of IDS) values.add(((await from({ anonymousId }, ada)).json as Resolved).value);
      expect(values.size).toBe(1);
    });
  });
});

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { until } from '../../test/timing.js';
import { askOf, JWT_OPTIONS, personToken, type RestStand, startRestStand } from './testing/rest-stand.js';

let stand: RestStand;
beforeAll(async () => {
  stand = await startRestStand();
});
afterAll(() => stand.close());

describe('a caller', () => {
  it.each<[string, string | undefined]>([
    ['nothing', undefined],
    ['no bearer token', 'Basic YWxpY2U6c2VjcmV0'],
    ['an empty one', 'Bearer '],
    ['two', 'Bearer a b'],
    ['an unknown one', 'Bearer latchkey_unknown'],
    ['a JWT of nobody', 'Bearer a.b.c'],
  ])('that sends %s is nobody', async (_what, authorization) => {
    const headers = authorization === undefined ? {} : { authorization };
    const answer = await stand.ask('/api/feature-flags/?user_id=anna', { headers });
    expect(answer).toMatchObject({ status: 401, json: { code: 'UNAUTHENTICATED', title: 'Unauthorized' } });
    expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="latchkey"');
    expect(answer.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  it('with a forged, an expired or an unsigned JWT is nobody', async () => {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const claims = { sub: 'anna', exp: 4_102_444_800 };
    const tokens = [
      await personToken({ sub: 'anna' }, 'another secret of more than thirty-two bytes'),
      await personToken({ sub: 'anna', exp: 1_600_000_000 }),
      `${part({ alg: 'none' })}.${part(claims)}.`,
    ];
    for (const token of tokens)
      expect(await stand.ask('/api/feature-flags/', { token })).toMatchObject({ status: 401 });
  });

  it('whose token was revoked or has expired is nobody', async () => {
    const { tokens } = stand.latchkey.services;
    const { operator } = stand.latchkey;
    const input = { name: 'brief', scopes: ['evaluate'], organizationId: '', comment: '' };
    const revoked = await tokens.create(operator, { ...input, expiresAt: undefined });
    const ask = (token: string) => stand.ask('/api/feature-flags/?user_id=anna', { token });
    const brief = await tokens.create(operator, { ...input, expiresAt: Date.now() + 3_000 });
    expect(await ask(brief.secret)).toMatchObject({ status: 200 });
    expect(await ask(revoked.secret)).toMatchObject({ status: 200 });
    await tokens.revoke(operator, revoked.token.id);
    expect(await ask(revoked.secret)).toMatchObject({
      status: 401,
      json: { detail: expect.stringContaining('revoked') },
    });
    await until(() => Date.now() > (brief.token.expiresAt ?? 0) + 20);
    expect(await ask(brief.secret)).toMatchObject({
      status: 401,
      json: { detail: expect.stringContaining('expired') },
    });
  });

  it('with a JWT is told where none are taken', async () => {
    await stand.withDoor({ jwt: undefined }, async (_, origin) => {
      const answer = await askOf(origin, '/api/feature-flags/', { token: await personToken({ sub: 'anna' }) });
      expect(answer).toMatchObject({ status: 401, json: { detail: expect.stringContaining('takes no JWTs') } });
    });
  });

  it('whose claims are synchronized is known to everybody afterwards', async () => {
    await stand.withDoor({ jwt: { ...JWT_OPTIONS, sync: true } }, async (_, origin) => {
      const token = await personToken({ sub: 'synced', org: 'acme', roles: ['manager'] });
      await askOf(origin, '/api/feature-flags/', { token });
      const { users } = stand.latchkey.services;
      const stored = () => users.get(stand.latchkey.operator, 'synced');
      await until(async () => (await stored()).revision > 0, 2_000);
      expect(await stored()).toMatchObject({ organizationId: 'acme', roles: ['manager'] });
    });
  });

  it('has no more requests a minute than are allowed, each on its own', async () => {
    await stand.withDoor({ requestsPerMinute: 2 }, async (_, origin) => {
      const [anna, bert] = [await personToken({ sub: 'anna' }), await personToken({ sub: 'bert' })];
      const ask = (token: string) => askOf(origin, '/api/feature-flags/', { token });
      expect([(await ask(anna)).status, (await ask(anna)).status]).toEqual([200, 200]);
      const third = await ask(anna);
      expect(third).toMatchObject({ status: 429, json: { code: 'LIMITED', title: 'Too Many Requests' } });
      expect(Number(third.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(await ask(bert)).toMatchObject({ status: 200 });
      expect(await askOf(origin, '/healthz')).toMatchObject({ status: 200 });
    });
  });

  it('has them for opening streams, too, with a ticket as one of its user', async () => {
    await stand.withDoor({ requestsPerMinute: 3 }, async (_, origin) => {
      const token = await personToken({ sub: 'anna' });
      const open = async (path: string, bearer?: string): Promise<number> => {
        const headers: Record<string, string> = bearer === undefined ? {} : { authorization: `Bearer ${bearer}` };
        const { status, body } = await fetch(`${origin}${path}`, { headers });
        await body?.cancel();
        return status;
      };
      const { url } = (await askOf(origin, '/api/stream/ticket', { method: 'POST', token })).json as { url: string };
      expect([await open('/api/stream', token), await open(url)]).toEqual([200, 200]);
      expect([await open('/api/stream', token), await open(url)]).toEqual([429, 429]);
      expect(await askOf(origin, '/api/feature-flags/', { token })).toMatchObject({ status: 429 });
      const machine = await stand.machine(['evaluate']);
      const opened = [1, 2, 3, 4].map(() => open('/api/stream', machine));
      expect((await Promise.all(opened)).sort()).toEqual([200, 200, 200, 429]);
      expect(await open('/api/stream?ticket=bad')).toBe(204);
    });
  });
});

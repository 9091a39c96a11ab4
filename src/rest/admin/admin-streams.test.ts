import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { AdminRoutes, WatchEvent } from '../../protocol/gen/admin-json.js';
import { type RestStand, startRestStand } from '../testing/rest-stand.js';

let stand: RestStand;
let token = '';
beforeAll(async () => {
  stand = await startRestStand();
  token = await stand.machine(['admin']);
});
afterAll(() => stand.close());

type Line = AdminRoutes['GET /api/admin/watch']['response'];

/** The lines of a stream, as they come. */
async function* linesOf(path: string, bearer: string, origin = `http://${stand.door.address}`): AsyncGenerator<Line> {
  const response = await fetch(`${origin}/api/admin${path}`, { headers: { authorization: `Bearer ${bearer}` } });
  expect(response.headers.get('content-type')).toBe('application/jsonl');
  expect(response.headers.get('cache-control')).toBe('no-store');
  let rest = '';
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + chunk).split('\n');
    rest = parts.pop()!;
    for (const part of parts) yield JSON.parse(part) as Line;
  }
}

describe('a stream of the administration', () => {
  it('tells what changes as it happens, and goes on after a token', async () => {
    const lines = linesOf('/watch?user_id=ada', token);
    const { value: first } = await lines.next();
    expect(first).toEqual({ resume_token: expect.any(String), heartbeat: {} });
    await stand.flag('watched', { isEnabledGlobally: true });
    const { value: second } = await lines.next();
    expect(second).toMatchObject({ configuration_changed: { flag_keys: ['watched'] } });
    await lines.return(undefined);
    const resumed = linesOf(`/watch?user_id=ada&resume_token=${(first as WatchEvent).resume_token}`, token);
    expect((await resumed.next()).value).toMatchObject({ configuration_changed: { flag_keys: ['watched'] } });
    await resumed.return(undefined);
  });

  it('ends with its token, and says why on the last line', async () => {
    const { tokens } = stand.latchkey.services;
    const { token: made, secret } = await tokens.create(stand.latchkey.operator, {
      ...{ name: 'short', scopes: ['evaluate'], organizationId: '', expiresAt: undefined },
    });
    const lines = linesOf('/watch', secret);
    await lines.next();
    await tokens.revoke(stand.latchkey.operator, made.id);
    expect((await lines.next()).value).toMatchObject({ error: { status: 401, code: 'UNAUTHENTICATED' } });
    expect(await lines.next()).toMatchObject({ done: true });
  });

  it('ends when the server stops', async () => {
    await stand.withDoor({}, async (door, origin) => {
      const lines = linesOf('/watch', token, origin);
      await lines.next();
      const drained = door.drain(5_000);
      expect((await lines.next()).value).toMatchObject({ error: { status: 503, code: 'UNAVAILABLE' } });
      await drained;
    });
  });

  it('that cannot begin is refused like any other call', async () => {
    const ask = (path: string, method = 'GET', body?: object) =>
      stand.ask(`/api/admin${path}`, { token, method, ...(body === undefined ? {} : { body }) });
    expect(await ask('/backfills/bkf_none/watch')).toMatchObject({ status: 404, json: { code: 'NOT_FOUND' } });
    const rule = { conditions: { all: [{ fact: 'none', operator: 'equal', value: 1 }] } };
    expect(await ask('/flags/drafted/preview', 'POST', { rule })).toMatchObject({
      status: 400,
      json: { errors: [{ message: expect.stringContaining('none') }] },
    });
    expect(await ask('/watch?user_id=a&user_id=b')).toMatchObject({ status: 400 });
    expect(await ask('/watch', 'HEAD')).toMatchObject({ status: 405 });
  });

  it('of a preview ends with the result', async () => {
    const { text } = await stand.ask('/api/admin/flags/drafted/preview', {
      ...{ token, body: { flag: { rules: [{ name: 'all' }] }, sample_size: 0 } },
    });
    const last = JSON.parse(text.trim().split('\n').at(-1)!) as object;
    expect(last).toMatchObject({ result: { counts: { would_lose: 0 }, blocked: 'BLOCKED_UNSPECIFIED' } });
  });

  it('is counted and told of once, by its route', async () => {
    const lines = linesOf('/watch?user_id=once', token);
    await lines.next();
    await lines.return(undefined);
    await stand.ask('/healthz');
    const told = stand.ended.filter(({ route }) => route === '/api/admin/watch');
    expect(told.length).toBeGreaterThan(0);
    expect(stand.ended.filter(({ route }) => route === '')).toEqual([]);
  });
});

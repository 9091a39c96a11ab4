import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { until } from '../../test/timing.js';
import { personToken, type RestStand, startRestStand } from './testing/rest-stand.js';

let stand: RestStand;
beforeAll(async () => {
  stand = await startRestStand();
});
afterAll(() => stand.close());

describe('a malformed request', () => {
  const send = async (raw: string | Uint8Array<ArrayBuffer>, contentType = 'application/json') =>
    stand.ask('/api/user/progress/', {
      ...{ method: 'PATCH', raw, token: await personToken({ sub: 'anna' }) },
      headers: { 'content-type': contentType },
    });

  it.each<[string, string | Uint8Array<ArrayBuffer>, string]>([
    ['JSON that ends early', '{"stage": "a"', 'not well-formed JSON'],
    ['no JSON', 'stage=a', 'not well-formed JSON'],
    ['nothing', '', 'empty'],
    ['malformed UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), 'UTF-8'],
    ['__proto__ as a member', '{"stage": "a", "__proto__": {"admin": true}}', '__proto__'],
    ['an escaped __proto__', '{"stage": "a", "__pr\\u006fto__": {"admin": true}}', '__proto__'],
    ['constructor.prototype', '{"stage": "a", "constructor": {"prototype": {"admin": true}}}', 'constructor'],
    ['lists within lists without end', `{"stage": ${'['.repeat(50_000)}${']'.repeat(50_000)}}`, 'nested deeper'],
    ['constructor as a member', '{"stage": "a", "constructor": 1}', 'has no member \\"constructor\\"'],
  ])('with %s is refused', async (_what, raw, detail) => {
    const { status, text } = await send(raw);
    expect({ status, text }).toEqual({ status: 400, text: expect.stringContaining(detail) });
    expect(({} as Record<string, unknown>).admin).toBeUndefined();
  });

  it('over a mebibyte is refused', async () => {
    const answer = await send(JSON.stringify({ stage: 'x'.repeat(1024 * 1024) }));
    expect(answer).toMatchObject({ status: 413, json: { title: 'Payload Too Large' } });
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'application/xml', 'application/cloudevents+json'])(
    'as %s is refused',
    async (contentType) => {
      expect(await send('{"stage": "a"}', contentType)).toMatchObject({ status: 415 });
    },
  );

  it('to a path of bad encoding, or to none, is refused', async () => {
    const token = await stand.machine(['manage']);
    const bad = await stand.ask('/api/feature-flags/%FF', { method: 'PATCH', body: {}, token });
    expect(bad).toMatchObject({ status: 400, json: { code: 'INVALID', title: 'Bad Request' } });
    const none = await stand.ask('/api/nothing?secret=1', { token });
    expect(none).toMatchObject({ status: 404, json: { detail: expect.stringContaining('"/api/nothing"') } });
    expect(none.text).not.toContain('secret');
  });

  it.each([
    ['is badly encoded', '/ofrep/v1/strea%m'],
    ['has a part that is too long', `/api/feature-flags/${'x'.repeat(3_000)}`],
    ['is none', '/none'],
  ])('to a path that %s leaves nothing of its query in the log', async (_what, path) => {
    const before = stand.ended.length;
    const answer = await stand.ask(`${path}?ticket=secret`, { method: 'PATCH', body: {} });
    await until(() => stand.ended.length > before);
    const { error, status } = stand.ended.at(-1)!;
    expect({ status, error }).toEqual({ status: answer.status, error: expect.any(Error) });
    for (const told of [answer.text, String(error)]) expect(told).not.toContain('secret');
  });

  it('by another method is told which ones are taken', async () => {
    for (const [path, method, allow] of [
      ['/api/feature-flags/', 'POST', 'GET, HEAD'],
      ['/api/feature-flags/x', 'DELETE', 'PATCH'],
      ['/api/user/progress', 'PUT', 'GET, HEAD, PATCH'],
      ['/api/events', 'GET', 'POST'],
    ] as const) {
      const answer = await stand.ask(path, { method });
      expect({ path, status: answer.status, allow: answer.headers.get('allow') }).toEqual({ path, status: 405, allow });
    }
  });

  it('that is no HTTP at all costs nobody else anything', async () => {
    const [host, port] = stand.door.address.split(':');
    const socket = connect(Number(port), host);
    socket.end('\x16\x03\x01 nonsense\r\n\r\n');
    socket.resume();
    await once(socket, 'close');
    expect(await stand.ask('/healthz')).toMatchObject({ status: 200 });
  });
});

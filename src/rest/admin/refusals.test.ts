import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type HttpRoute, httpRoutes } from '../../protocol/http/http-routes.js';
import { queryFields } from '../../protocol/http/read-request.js';
import { REGISTRY } from '../../protocol/http/registry.js';
import { type Answer, type Ask, type RestStand, startRestStand } from '../testing/rest-stand.js';
import { templateOf } from './admin-path.js';

let stand: RestStand;
let token = '';
beforeAll(async () => {
  stand = await startRestStand();
  token = await stand.machine(['admin']);
});
afterAll(() => stand.close());

const ROUTES = httpRoutes(REGISTRY).map(
  (route) => [`${route.verb} ${templateOf(route, (name) => `:${name}`)}`, route] as const,
);

/** The path of a route, with the same id for each of its variables. */
function pathOf(route: HttpRoute, id: string): string {
  return templateOf(route, (name) => (name === 'version' ? '1' : encodeURIComponent(id)));
}

function ask(route: HttpRoute, more: Ask & { readonly query?: string; readonly id?: string } = {}): Promise<Answer> {
  const { query = '', id = 'unknown', ...rest } = more;
  return stand.ask(`${pathOf(route, id)}${query}`, { token, method: route.verb, ...rest });
}

/** Expects a refusal in the one shape that all have. */
function expectProblem({ status, headers, json }: Answer, expected: { status: number; pointer?: string }): void {
  expect(headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
  expect(json).toMatchObject({
    ...{ type: 'about:blank', status: expected.status, code: expect.any(String), title: expect.any(String) },
    ...{ detail: expect.stringMatching(/\w/), request_id: headers.get('x-request-id') },
  });
  const { errors } = json as { errors?: { pointer: string; message: string }[] };
  if (expected.pointer !== undefined) expect(errors?.map(({ pointer }) => pointer)).toContain(expected.pointer);
  expect(status).toBe(expected.status);
}

describe.each(ROUTES)('%s', (_name, route) => {
  it('refuses a parameter that it does not know, by its place', async () => {
    expectProblem(await ask(route, { query: '?no_such_parameter=1' }), { status: 400, pointer: '/no_such_parameter' });
  });

  it('refuses a body that is none of its own', async () => {
    const bodies: readonly [Ask, number][] = [
      [{ raw: '{"a": ' }, 400],
      [{ raw: '[]' }, 400],
      [{ raw: '"text"' }, 400],
      [{ body: { no_such_member: 1 } }, 400],
      [{ body: { constructor: 1 } }, 400],
      [{ raw: 'a=b', headers: { 'content-type': 'application/x-www-form-urlencoded' } }, 415],
      [{ raw: ' '.repeat(1024 * 1024 + 1) }, 413],
    ];
    if (route.verb === 'GET') return;
    for (const [sent, status] of bodies) {
      expectProblem(await ask(route, sent), { status, ...(status === 413 ? {} : { pointer: '' }) });
    }
  });

  it('refuses an If-Match that is no tag', async () => {
    if (route.verb === 'GET') return;
    expectProblem(await ask(route, { body: {}, headers: { 'if-match': 'W/"7"' } }), { status: 400, pointer: '' });
  });

  it('refuses a page that no list has', async () => {
    if (!queryFields(route).some(({ name }) => name === 'page_token')) return;
    expectProblem(await ask(route, { query: '?page_size=many' }), { status: 400, pointer: '/page_size' });
    const answer = await ask(route, { query: '?page_token=%3Cimg%20onerror%3E' });
    // What is listed may not be there: then that is said.
    if (answer.status !== 404) expectProblem(answer, { status: 400, pointer: '/page_token' });
  });

  it('takes no id for anything but an id', async () => {
    const ids = [
      '<img src=x onerror=alert(1)>',
      'a/b',
      '\u202eadmin',
      'ünï\u0301',
      '%2e%2e',
      "' OR 1=1 --",
      'x'.repeat(500),
    ];
    if (!route.path.some((part) => typeof part !== 'string') || route.rpc.methodKind !== 'unary') return;
    for (const id of ids) {
      const answer = await ask(route, { id, ...(route.body === '' ? {} : { body: {} }) });
      expect([id, answer.status < 500]).toEqual([id, true]);
      if (answer.status >= 400) expectProblem(answer, { status: answer.status });
    }
  });

  it('tells of its methods', async () => {
    const told = await ask(route, { method: 'OPTIONS' });
    expect([told.status, told.headers.get('allow')]).toEqual([204, expect.stringContaining(route.verb)]);
    const allowed = told.headers.get('allow')!.split(', ');
    const other = ['DELETE', 'PUT', 'POST', 'PATCH'].find((verb) => !allowed.includes(verb))!;
    const refused = await ask(route, { method: other });
    expectProblem(refused, { status: 405, pointer: '' });
    expect(refused.headers.get('allow')).toBe(told.headers.get('allow'));
  });
});

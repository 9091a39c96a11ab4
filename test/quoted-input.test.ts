import { Client, credentials, type ServiceError } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SignJWT } from 'jose';
import { type DoorStand, openDoorStand } from '../src/grpc/testing/door-stand.js';
import { type Ask, askOf } from '../src/rest/testing/rest-stand.js';
import { grpcWire } from './flagd/wires.js';

const JWT_SECRET = 'a shared secret of more than thirty-two bytes';
/** What no pattern knows: it is hidden by its place alone. */
const OPAQUE = 'Zq8wXv5tRk2mNc7pLd4s';

let stand: DoorStand;
let flagd: Client;
let token = '';
let jwt = '';
let logged = '';

beforeAll(async () => {
  const settings = {
    ROLES: 'grpc,rest,worker',
    FLAGD_ADDR: '127.0.0.1:0',
    JWT_SECRET,
    LOG_LEVEL: 'debug',
    SIGN_INS_PER_MINUTE: '0',
  };
  stand = await openDoorStand(settings, {
    write: (line: string) => {
      logged += line;
    },
  });
  flagd = new Client(stand.latchkey.server.flagdAddress!, credentials.createInsecure());
  const input = { name: 'test', scopes: ['admin'], organizationId: '', expiresAt: undefined, comment: '' } as const;
  token = (await stand.latchkey.services.tokens.create(stand.latchkey.operator, input)).secret;
  const claims = new SignJWT({ sub: 'ada' }).setProtectedHeader({ alg: 'HS256' }).setExpirationTime('5m');
  jwt = await claims.sign(Buffer.from(JWT_SECRET));
});

afterAll(async () => {
  void flagd.close();
  await stand.close();
});

const http = async (path: string, given: Ask): Promise<string> => {
  const { status, text } = await askOf(`http://${stand.latchkey.httpAddress}`, path, { token, ...given });
  expect({ path, status, text }).toMatchObject({ status: expect.any(Number) });
  expect(status).toBeGreaterThanOrEqual(400);
  return text;
};
const signingIn = (body: unknown): Promise<string> =>
  askOf(`http://${stand.latchkey.httpAddress}`, '/api/session', { body }).then(({ status, text }) => {
    expect({ status, text }).toMatchObject({ status: 400 });
    return text;
  });
const grpc = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => Promise.reject(new Error('the call succeeded')),
    ({ details, metadata }: ServiceError) =>
      details +
      metadata
        .get('grpc-status-details-bin')
        .toString()
        .replaceAll(/\p{Cc}/gu, ''),
  );
const CONNECT = '/flagd.evaluation.v2.Service/ResolveBoolean';
const auth = () => ({ authorization: `Bearer ${token}` });

interface OfrepFailure {
  readonly errorDetails: string;
}

/** Requests that are refused because of a value in them, by all doors. Each gives all that it was answered. */
const BY_DOOR: Readonly<Record<string, (value: string) => Promise<string>>> = {
  'REST, the body': (value) => http('/api/user/progress/', { method: 'PATCH', body: [value] }),
  'REST, a member': (value) => http('/api/user/progress/', { method: 'PATCH', body: { stage: [value] } }),
  'REST, the name of a member': (value) => http('/api/user/progress/', { method: 'PATCH', body: { [value]: 1 } }),
  'REST, no JSON': (value) => http('/api/user/progress/', { method: 'PATCH', raw: value }),
  'REST, the query': (value) => http(`/api/feature-flags/?user_id=${encodeURIComponent(`\n${value}`)}`, {}),
  'REST, a path that is none': (value) => http(`/none/${encodeURIComponent(value)}`, {}),
  'REST, events': (value) => http('/api/events', { body: [value] }),
  'the administration, the body': (value) => http('/api/admin/flags/k', { method: 'PATCH', body: [value] }),
  'the administration, a member': (value) => http('/api/admin/flags/k', { method: 'PATCH', body: { name: [value] } }),
  'the administration, a name': (value) => http('/api/admin/flags/k', { method: 'PATCH', body: { [value]: 1 } }),
  'the administration, a key': (value) => http(`/api/admin/flags/${encodeURIComponent(`${value}!`)}/history`, {}),
  'the administration, a condition': (value) =>
    http('/api/admin/flags/k', {
      method: 'PATCH',
      body: { rules: [{ conditions: { all: [{ fact: value, operator: value, value: [value] }] } }] },
    }),
  // The answer names the key that was asked for, too, as the protocol demands.
  'OFREP, the key': async (value) =>
    (JSON.parse(await http(`/ofrep/v1/evaluate/flags/${encodeURIComponent(value)}`, { body: {} })) as OfrepFailure)
      .errorDetails,
  'OFREP, the context': (value) => http('/ofrep/v1/evaluate/flags', { body: { context: [value] } }),
  'OFREP, no JSON': (value) => http('/ofrep/v1/evaluate/flags', { raw: value }),
  'Connect, the key': (value) => http(CONNECT, { body: { flagKey: value } }),
  'Connect, a list in place of the key': (value) => http(CONNECT, { body: { flagKey: [value] } }),
  'Connect, the body': (value) => http(CONNECT, { body: [value] }),
  'Connect, a text in place of the context': (value) => http(CONNECT, { body: { flagKey: 'k', context: value } }),
  'Connect, no JSON': (value) => http(CONNECT, { raw: value }),
  'gRPC, a user': (value) => grpc(stand.as(token).evaluate({ flagKey: 'k', context: { userId: `\n${value}` } })),
  'gRPC, a flag': (value) => grpc(stand.as(token).getFlag({ flag: value })),
  'gRPC, a condition': (value) =>
    grpc(
      stand
        .as(token)
        .setFlag({ flag: { key: 'k', rules: [{ conditions: { all: [{ fact: value, operator: value }] } }] } as never }),
    ),
  'flagd, the key': async (value) =>
    JSON.stringify(await grpcWire(flagd).call('v2', 'ResolveBoolean', { flagKey: value }, auth())),
};

describe('what is refused', () => {
  it.each(Object.keys(BY_DOOR))('says and logs nothing of a credential: %s', async (door) => {
    for (const credential of [token, jwt, `Bearer ${OPAQUE}`]) {
      const from = logged.length;
      const told = await BY_DOOR[door]!(credential);
      for (const text of [told, logged.slice(from)]) {
        expect(text).not.toContain(credential.slice(-12));
        expect(text).not.toContain(credential.replace(/^(latchkey_|Bearer )/, '').slice(0, 12));
      }
      expect(logged.length).toBeGreaterThan(from);
    }
  });

  it.each(Object.keys(BY_DOOR))(
    'quotes no more than 80 characters of a value, all of them visible: %s',
    async (door) => {
      const from = logged.length;
      const told = await BY_DOOR[door]!(`<b>\u202e\u200f\u0085\u001b[2J${'x'.repeat(300)}`);
      for (const text of [told, logged.slice(from)]) {
        expect(text).not.toMatch(/(?![\n\t])[\p{Cc}\p{Bidi_Control}]/u);
        expect(text).not.toMatch(/x{81}/);
      }
    },
  );
});

describe('signing in', () => {
  it.each<[string, (value: string) => unknown]>([
    ['a text', (value) => value],
    ['a list', (value) => [value]],
    ['a list of objects', (value) => [{ token: value }]],
    ['a list as the token', (value) => ({ token: [value] })],
    ['an object as the token', (value) => ({ token: { value } })],
    ['a token that is too long', (value) => ({ token: value.repeat(1_000) })],
    ['another name', (value) => ({ key: value })],
    ['the token as a name', (value) => ({ [value]: 1 })],
  ])('by %s says and logs nothing of what was sent, whatever it looks like', async (_what, body) => {
    for (const credential of [token, jwt, OPAQUE]) {
      const from = logged.length;
      const told = await signingIn(body(credential));
      for (const text of [told, logged.slice(from)]) {
        for (const part of [credential.slice(-8), credential.slice(0, 12)]) {
          if (part !== token.slice(0, 9)) expect(text).not.toContain(part);
        }
      }
    }
  });

  it('by a token that is no JSON says where it stops being any, and not what stands there', async () => {
    for (const raw of [token, jwt, OPAQUE, `"${OPAQUE}`, `{"token": ${OPAQUE}}`]) {
      const from = logged.length;
      const { status, text } = await askOf(`http://${stand.latchkey.httpAddress}`, '/api/session', {
        method: 'POST',
        raw,
      });
      expect({ status, text }).toMatchObject({ status: 400, text: expect.stringContaining('not well-formed JSON') });
      for (const said of [text, logged.slice(from)]) expect(said).not.toContain(OPAQUE.slice(0, 3));
      expect(text).not.toContain(raw.slice(0, 5));
    }
  });
});

describe('a webhook', () => {
  it.each<[string, object]>([
    ['a list', { webhook: { url: [`https://hooks.example/?key=${OPAQUE}`] } }],
    [
      'an address of another kind',
      { webhook: { url: `ftp://hooks.example/?key=${OPAQUE}`, types: ['unlock.created'] } },
    ],
    [
      'an address with a password',
      { webhook: { url: `https://u:${OPAQUE}@hooks.example/`, types: ['unlock.created'] } },
    ],
  ])('whose address is %s is refused without the keys in it', async (_what, body) => {
    const from = logged.length;
    const told = await http('/api/admin/webhooks', { body });
    for (const text of [told, logged.slice(from)]) expect(text).not.toContain(OPAQUE);
  });
});

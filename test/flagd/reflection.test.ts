import { Client, credentials } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SignJWT } from 'jose';
import { type EmbeddedLatchkey, startEmbedded } from '../../src/testing/embedded-latchkey.js';
import { connectWire, grpcWire, type Wire } from './wires.js';

const JWT_SECRET = 'a shared secret of more than thirty-two bytes';
/** Markup, what ends a header or turns a line around, and much of one letter, which shows what is repeated uncut. */
const HOSTILE = `<script>alert('x')</script>"\r\nset-cookie: a=b\u2028\u202e\u0007${'z'.repeat(400)}`;
const IN_HEADERS = `<b>'${'z'.repeat(400)}`;
/** The most characters of a value that any message repeats; what is escaped in it counts as it is shown. */
const MOST_REPEATED = 80;
const SECRET = 'latchkey_5ecre7-of-somebody-who-mistyped-something';

interface Sent {
  readonly flagKey?: string;
  readonly context?: object;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What a door says of a refused call, and all of the answer that there is beside it. */
interface Refusal {
  readonly message: string;
  readonly whole: string;
}

let latchkey: EmbeddedLatchkey;
let client: Client;
let machine: string;
let person: string;
let bound: string;

beforeAll(async () => {
  latchkey = await startEmbedded({ FLAGD_ADDR: '127.0.0.1:0', JWT_SECRET, TEST_OVERRIDES: 'on' });
  const { services, operator } = latchkey;
  const written = { mustExist: false, expectedVersion: undefined, onRuleChange: 'KEEP', comment: '' } as const;
  await services.flags.set(operator, { keyOrId: 'banner', input: {}, ...written, access: [], removeAccess: [] });
  const token = async (scopes: readonly ('evaluate' | 'test')[], organizationId = '') => {
    const input = { name: 'test', scopes, organizationId, expiresAt: undefined, comment: '' };
    return (await services.tokens.create(operator, input)).secret;
  };
  machine = await token(['evaluate', 'test']);
  bound = await token(['evaluate'], 'acme');
  const jwt = new SignJWT({ sub: 'ada' }).setProtectedHeader({ alg: 'HS256' }).setExpirationTime('5m');
  person = await jwt.sign(Buffer.from(JWT_SECRET));
  client = new Client(latchkey.server.flagdAddress!, credentials.createInsecure());
});
afterAll(async () => {
  client.close();
  await latchkey.close();
});

function flagd(wire: () => Wire) {
  return async ({ flagKey = 'banner', context = {}, headers = {} }: Sent): Promise<Refusal> => {
    const { details, answer } = await wire().call('v2', 'ResolveBoolean', { flagKey, context }, headers);
    expect(answer).toBeUndefined();
    return { message: details, whole: details };
  };
}

async function ofrep({ flagKey = 'banner', context = {}, headers = {} }: Sent): Promise<Refusal> {
  const path = `/ofrep/v1/evaluate/flags/${encodeURIComponent(flagKey)}`;
  const response = await fetch(`http://${latchkey.httpAddress}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ context }),
  });
  expect(response.status).toBeGreaterThanOrEqual(400);
  expect(response.headers.get('content-type')).toMatch(/^application\/json/);
  expect(response.headers.get('x-content-type-options')).toBe('nosniff');
  const whole = await response.text();
  const { errorDetails } = JSON.parse(whole) as { readonly errorDetails: string };
  return { message: errorDetails, whole };
}

const json = (): Wire => connectWire(`http://${latchkey.httpAddress}`, 'json');
const DOORS = {
  OFREP: ofrep,
  'Connect with JSON': flagd(json),
  'Connect with protobuf': flagd(() => connectWire(`http://${latchkey.httpAddress}`, 'proto')),
  'flagd over gRPC': flagd(() => grpcWire(client)),
} as const;

/** What anybody may send that is wrong, and who sends it. */
const WRONG: readonly (readonly [string, 'machine' | 'person' | 'bound', Sent])[] = [
  ['a key', 'machine', { flagKey: HOSTILE }],
  ['a key', 'person', { flagKey: HOSTILE }],
  ...(['machine', 'bound'] as const).flatMap((who) => [
    ['a user', who, { context: { targetingKey: HOSTILE } }] as const,
    ['an organization', who, { context: { organizationId: HOSTILE } }] as const,
  ]),
  ['an anonymous id', 'machine', { context: { anonymousId: HOSTILE } }],
  ['an instant', 'machine', { context: { joinedAt: HOSTILE } }],
  ['a role', 'machine', { context: { roles: [{ [HOSTILE]: HOSTILE }] } }],
  ['roles', 'machine', { context: { roles: { [HOSTILE]: 1 } } }],
  ['a role that is too long', 'machine', { context: { roles: [HOSTILE] } }],
  ['an attribute’s name', 'machine', { context: { [HOSTILE]: 2 ** 60 } }],
  ['an attribute’s name far within', 'machine', { context: { a: { [HOSTILE]: { [HOSTILE]: 2 ** 60 } } } }],
  ['what a call overrides', 'machine', { headers: { 'latchkey-overrides': `${IN_HEADERS}=on` } }],
  ['a variant', 'machine', { headers: { 'latchkey-overrides': `banner=${IN_HEADERS}` } }],
  ['what a call overrides', 'person', { headers: { 'latchkey-overrides': `${IN_HEADERS}=on` } }],
];
const WRONG_SELECTORS = [IN_HEADERS, `${IN_HEADERS}=1`, `${'z'.repeat(300)}=1`, `override.${IN_HEADERS}=on`];

describe.each(Object.keys(DOORS) as (keyof typeof DOORS)[])('%s', (name) => {
  const door = DOORS[name];
  const sentBy = (who: string) => ({ authorization: `Bearer ${{ machine, person, bound }[who]}` });

  /** That little of what was sent stands in what is told, none of it in a form that a page or a terminal obeys. */
  function repeatsLittle({ message, whole }: Refusal): void {
    expect(message.length).toBeGreaterThan(0);
    expect(message.length).toBeLessThan(500);
    expect(message).not.toContain('z'.repeat(MOST_REPEATED));
    expect(message).not.toMatch(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u);
    // OFREP has the key of the flag as a member of its own, as the protocol wants, and in JSON's escapes.
    expect(whole).not.toMatch(/\p{Cc}/u);
  }

  it.each(WRONG)('repeats little of %s that the %s sends, and none as it is', async (_, who, sent) => {
    repeatsLittle(await door({ ...sent, headers: { ...sentBy(who), ...sent.headers } }));
  });

  it('repeats no token, however it is sent, nor what may be one', async () => {
    const given = [
      ...[`Bearer ${SECRET}`, `bearer  ${SECRET}`, SECRET, `Token ${SECRET}`, `Bearer ${SECRET} ${SECRET}`].map(
        (authorization) => ({ authorization }),
      ),
      ...(name === 'OFREP'
        ? [{ 'x-api-key': SECRET }]
        : [
            { authorization: `Basic ${btoa(`latchkey:${SECRET}`)}` },
            ...[`token=${SECRET}`, `tokn=${SECRET}`, `${SECRET}=1`, `flagSetId=a,${SECRET}=token`].map((selector) => ({
              'flagd-selector': selector,
            })),
            { ...sentBy('machine'), 'flagd-selector': `tokens=${SECRET}` },
          ]),
    ];
    for (const headers of given) {
      const { message, whole } = await door({ headers: headers as Record<string, string> });
      expect([message, whole].join()).not.toContain(SECRET.slice(0, 14));
      expect(whole).not.toContain(btoa(`latchkey:${SECRET}`).slice(0, 14));
    }
  });

  if (name !== 'OFREP')
    it.each(WRONG_SELECTORS.map((selector, i) => [i + 1, selector] as const))(
      'repeats little of selector %i',
      async (_, selector) => {
        repeatsLittle(await door({ flagKey: 'none', headers: { ...sentBy('machine'), 'flagd-selector': selector } }));
      },
    );
});

describe('what is refused before it is a call', () => {
  it.each([
    ['JSON of flagd that is none', '/flagd.evaluation.v2.Service/ResolveBoolean', `{"flagKey": ${HOSTILE}`],
    [
      'a key that is an object',
      '/flagd.evaluation.v2.Service/ResolveBoolean',
      JSON.stringify({ flagKey: { [HOSTILE]: HOSTILE } }),
    ],
    [
      'a context that is a text',
      '/flagd.evaluation.v2.Service/ResolveBoolean',
      JSON.stringify({ flagKey: 'x', context: HOSTILE }),
    ],
    ['an RPC of flagd that there is not', `/flagd.evaluation.v2.Service/${encodeURIComponent(HOSTILE)}`, '{}'],
    ['JSON of OFREP that is none', '/ofrep/v1/evaluate/flags/banner', `{"context": ${HOSTILE}`],
    ['a context of OFREP that is a text', '/ofrep/v1/evaluate/flags', JSON.stringify({ context: HOSTILE })],
    [
      'a targeting key that is an object',
      '/ofrep/v1/evaluate/flags/banner',
      JSON.stringify({ context: { targetingKey: { [HOSTILE]: HOSTILE } } }),
    ],
    ['a path of OFREP that there is not', `/ofrep/v1/evaluate/${encodeURIComponent(HOSTILE)}`, '{}'],
  ])('repeats little of %s', async (_, path, body) => {
    const response = await fetch(`http://${latchkey.httpAddress}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${machine}` },
      body,
    });
    const text = await response.text();
    expect([400, 404]).toContain(response.status);
    expect(text.length).toBeLessThan(700);
    expect(text).not.toMatch(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u);
    const { message, errorDetails } = JSON.parse(text) as { readonly message?: string; readonly errorDetails?: string };
    expect(message ?? errorDetails).not.toContain('z'.repeat(MOST_REPEATED));
  });
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client, credentials } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SignJWT } from 'jose';
import { ELSEWHERE, type Operation, operationsOf, PERMISSIONS } from '../src/calls/permissions.js';
import { openFlagdDoor } from '../src/grpc/flagd/flagd-door.js';
import type { GrpcDoor } from '../src/grpc/open-door.js';
import { authenticatorOf } from '../src/identity/authenticator-of.js';
import { OpenFeatureResolver } from '../src/openfeature/resolver.js';
import { openRestDoor, type RestDoor } from '../src/rest/rest-door.js';
import { SCOPES, type Scope } from '../src/store/token-store.js';
import { type EmbeddedLatchkey, startEmbedded } from '../src/testing/embedded-latchkey.js';
import { connectWire, grpcWire, VERSIONS, type Version, type Wire } from './flagd/wires.js';
import { ADMIN_ROUTES, adminExample } from './security/admin-examples.js';
import { callRpc, isRefusal, RPCS } from './security/call-rpc.js';
import {
  ACTION,
  FLAG,
  FOREIGN,
  type Made,
  NEWCOMERS,
  OWN,
  type Reach,
  ROUTE_EXAMPLES,
  RPC_EXAMPLES,
  SEGMENT,
  SPARES,
} from './security/example-calls.js';
import { readTable, type TableRow } from './security/read-tables.js';

const markdown = readFileSync(join(import.meta.dirname, '../docs/security.md'), 'utf8');
const rpcRows = readTable(markdown, 'RPC');
const routeRows = readTable(markdown, 'route');
const flagdRows = readTable(markdown, "flagd's RPC");
const JWT_SECRET = 'a shared secret of more than thirty-two bytes';

/** A kind of caller, as a column's heading names it. */
interface Kind {
  readonly token: string | undefined;
  readonly reach: Reach;
  readonly person: boolean;
}

let latchkey: EmbeddedLatchkey;
let client: Client;
let flagd: Client;
let made: Made;
/** A token that is bound to the caller's organization, with the scope `manage` alone. */
let managing = '';
const kinds = new Map<string, Kind>();

beforeAll(async () => {
  latchkey = await startEmbedded({
    JWT_SECRET,
    JWT_PLATFORM_CLAIM: 'groups',
    JWT_PLATFORM_VALUE: 'operators',
    SIGN_INS_PER_MINUTE: '0',
    FLAGD_ADDR: '127.0.0.1:0',
  });
  client = new Client(latchkey.grpcAddress, credentials.createInsecure());
  flagd = new Client(latchkey.server.flagdAddress!, credentials.createInsecure());
  const { services, operator } = latchkey;
  for (const { user, organization } of [OWN, FOREIGN]) {
    await services.users.identify(operator, { userId: user, organizationId: organization });
    const roles = [{ name: 'lead', inherits: [] }];
    await services.organizations.set(operator, { id: organization, roles, comment: '' });
  }
  const change = { mustExist: false, expectedVersion: undefined, onRuleChange: 'KEEP', comment: '' } as const;
  const rule = { policy: 'LATCHING', rolloutPer100k: 0 };
  const input = { delegated: true, rules: [rule, { ...rule, earnedBy: 'ORGANIZATION' }] };
  const expected = (userIds: readonly string[], { organization }: typeof OWN | typeof FOREIGN) =>
    userIds.map((userId) => ({ userId, organizationId: organization }));
  const access = [...expected(NEWCOMERS.own, OWN), ...expected(NEWCOMERS.foreign, FOREIGN)];
  const set = { ...change, keyOrId: FLAG, input, access, removeAccess: [] };
  // Of any type, since it has no value.
  await services.flags.set(operator, { ...set, keyOrId: OFF, input: { active: false }, access: [] });
  const { backfillId = '' } = await services.flags.set(operator, set);
  const actions = SPARES.map((name) => ({ name, clientTrackable: false }));
  await services.actions.declare(operator, [...actions, { name: ACTION, clientTrackable: true }]);
  for (const key of [SEGMENT, ...SPARES])
    await services.segments.set(operator, { key, expectedVersion: undefined, comment: '' });
  // Resolves nowhere: what is sent to it goes nowhere.
  const webhook = { url: 'https://webhooks.invalid/', types: ['dev.latchkey.revoked'] };
  const webhookIds: string[] = [];
  for (let i = 0; i < 48; i++) webhookIds.push((await services.webhooks.create(operator, webhook)).endpoint.id);
  await services.stages.set(operator, { stages: [{ name: 'tour', selfSettable: true }] });
  for (const { organization: id } of [OWN, FOREIGN]) {
    await services.organizations.set(operator, { id, roles: [{ name: 'pilot', inherits: [] }], comment: '' });
  }
  made = {
    entries: await madeEntries(),
    ...{ tokenId: (await machine(['evaluate'])).token.id, backfillId },
    ...{ webhookId: webhookIds[0]!, spareWebhookIds: webhookIds.slice(1) },
  };

  const add = (heading: string, token: string | undefined, reach: Reach = 'own', person = false) =>
    kinds.set(heading, { token, reach, person });
  add('none', undefined);
  for (const scope of SCOPES) add(scope, (await machine([scope])).secret);
  const bound = (await machine(SCOPES, OWN.organization)).secret;
  add('bound, own', bound);
  add('bound, foreign', bound, 'foreign');
  managing = (await machine(['manage'], OWN.organization)).secret;
  const people = {
    person: await person({ roles: [] }),
    'org admin': await person({ roles: ['admin'] }),
    platform: await person({ roles: [], groups: ['operators'] }),
  };
  add('JWT', people.platform);
  for (const [kind, token] of Object.entries(people)) {
    add(`${kind}, ${kind === 'org admin' ? 'own' : 'self'}`, token, 'own', true);
    add(`${kind}, other`, token, 'foreign', true);
  }
});

afterAll(async () => {
  client.close();
  flagd.close();
  await latchkey.close();
});

/** Entries of the audit about what there is by now, and about rows that each can be undone. */
async function madeEntries(): Promise<Made['entries']> {
  const { services, operator } = latchkey;
  const page = { limit: 1 };
  const newest = async (filter: object) => String((await services.audit.list(operator, page, filter)).items[0]!.id);
  const rows = async (organizationId: string): Promise<string[]> => {
    const caller = {
      kind: 'machine',
      tokenId: 'tok_made',
      scopes: new Set<Scope>(['manage']),
      organizationId,
    } as const;
    const ids: string[] = [];
    for (let i = 0; i < 48; i++) {
      const set = { keyOrId: FLAG, mustExist: true, expectedVersion: undefined, onRuleChange: 'KEEP' } as const;
      const access = [{ role: `spare-${organizationId}-${i}` }];
      await services.flags.set(
        { caller, requestId: 'r' },
        { ...set, input: {}, comment: '', access, removeAccess: [] },
      );
      ids.push(await newest({ target: FLAG }));
    }
    return ids;
  };
  const flag = await newest({ target: FLAG });
  const { token } = await machine(['evaluate']);
  return {
    ...{ flag, token: await newest({ target: token.id }) },
    organization: {
      own: await newest({ target: OWN.organization }),
      foreign: await newest({ target: FOREIGN.organization }),
    },
    platformRows: await rows(''),
    rows: { own: await rows(OWN.organization), foreign: await rows(FOREIGN.organization) },
  };
}

function machine(scopes: readonly Scope[], organizationId = '') {
  const input = { name: 'test', scopes, organizationId, expiresAt: undefined, comment: '' };
  return latchkey.services.tokens.create(latchkey.operator, input);
}

function person(claims: object): Promise<string> {
  return new SignJWT({ sub: OWN.user, org: OWN.organization, ...claims })
    .setProtectedHeader({ alg: 'HS256' })
    .setExpirationTime('5m')
    .sign(Buffer.from(JWT_SECRET));
}

const exampleOf = ({ call, about }: TableRow): string => (about === '' ? call : `${call} ${about}`);

/** A flag that is switched off. */
const OFF = 'switched-off';

const STREAMS = /^(?:text\/event-stream|application\/jsonl)/;

/** Makes a row's call, as the token's bearer or, where a cookie is given, by a session. */
async function callRoute(
  row: TableRow,
  { token, reach, person }: Kind,
  { cookie, address = latchkey.httpAddress }: { readonly cookie?: string; readonly address?: string } = {},
): Promise<string> {
  const named = (reach === 'own' ? OWN : FOREIGN).user;
  const example = ADMIN_ROUTES.has(row.call)
    ? adminExample(row.call, row.about, reach, made)
    : ROUTE_EXAMPLES[exampleOf(row)]!(person && reach === 'own' ? undefined : named, reach);
  const body = example.signsIn ? { token: token ?? 'nobody' } : example.body;
  const byCookie = cookie === undefined ? {} : { cookie, 'sec-fetch-site': 'same-origin', 'x-latchkey-console': '1' };
  const byToken = token === undefined || example.signsIn ? {} : { authorization: `Bearer ${token}` };
  const response = await fetch(`http://${address}${example.path}`, {
    method: row.call.split(' ', 1)[0]!,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    headers: {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(cookie === undefined ? byToken : byCookie),
      ...example.headers,
    },
  });
  if (STREAMS.test(response.headers.get('content-type') ?? '')) {
    // A preview ends by itself, and the next caller needs its place.
    await (row.call.endsWith('/preview') ? response.text() : response.body?.cancel());
    return 'yes';
  }
  const text = await response.text();
  if (response.status !== 200) return String(response.status);
  return row.call === 'POST /api/events' && isRefusal(JSON.parse(text)) ? 'refused' : 'yes';
}

/** The cookie of a session that the token is exchanged for; undefined where it may not sign in. */
async function signedIn(token: string): Promise<string | undefined> {
  const response = await fetch(`http://${latchkey.httpAddress}/api/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token }),
  });
  return response.headers.get('set-cookie')?.split(';', 1)[0];
}

async function outcomesOf(row: TableRow, call: (kind: Kind) => Promise<string>): Promise<Record<string, string>> {
  const outcomes: Record<string, string> = {};
  for (const heading of Object.keys(row.outcomes)) {
    const kind = kinds.get(heading);
    outcomes[heading] = kind === undefined ? 'a caller that the test does not know' : await call(kind);
  }
  return outcomes;
}

describe('the tables of docs/security.md', () => {
  it('hold every RPC of the protocol', () => {
    expect([...new Set(rpcRows.map(({ call }) => call))].toSorted()).toEqual([...RPCS.keys()].toSorted());
  });

  it('hold every route', async () => {
    const response = await fetch(`http://${latchkey.httpAddress}/openapi.json`);
    const { paths } = (await response.json()) as { paths: Record<string, Record<string, unknown>> };
    const served = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`),
    );
    const told = new Set(routeRows.map(({ call }) => call));
    expect(told).toEqual(new Set([...served, 'GET /openapi.json', 'GET /docs']));
  });

  it('hold every operation that is authorized', () => {
    const told = new Set([...rpcRows, ...routeRows].map(({ operation }) => operation));
    told.delete('');
    expect(told).toEqual(new Set(Object.keys(PERMISSIONS)));
  });

  it('tell sessions of the operations that the administration has', () => {
    const here = new Set(routeRows.filter(({ call }) => ADMIN_ROUTES.has(call)).map(({ operation }) => operation));
    const all = Object.keys(PERMISSIONS) as Operation[];
    expect(new Set(all.filter((operation) => !here.has(operation)))).toEqual(ELSEWHERE);
    const admin = { kind: 'machine', tokenId: '', scopes: new Set<Scope>(['admin']), organizationId: '' } as const;
    expect(new Set(operationsOf(admin))).toEqual(here);
  });

  it('name every kind of caller for every call', () => {
    const headings = (rows: readonly TableRow[]) => new Set(rows.flatMap(({ outcomes }) => Object.keys(outcomes)));
    expect(new Set([...headings(rpcRows), ...headings(routeRows)])).toEqual(new Set(kinds.keys()));
  });
});

describe('over gRPC', () => {
  it.each(rpcRows.map((row) => [exampleOf(row), row] as const))('%s is for whom the table says', async (name, row) => {
    const example = RPC_EXAMPLES[name]!;
    const outcomes = await outcomesOf(row, ({ token, reach }) =>
      callRpc(client, row.call, token, example(reach, made)),
    );
    expect(outcomes).toEqual(row.outcomes);
  });
});

describe('over REST', () => {
  it.each(routeRows.map((row) => [exampleOf(row), row] as const))(
    '%s is for whom the table says',
    async (_name, row) => {
      expect(await outcomesOf(row, (kind) => callRoute(row, kind))).toEqual(row.outcomes);
    },
  );
});

/** What a call of flagd's services comes to, in the words of the table. */
async function callFlagd(wire: Wire, version: Version, rpc: string, { token, reach }: Kind): Promise<string> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const context = { targetingKey: (reach === 'own' ? OWN : FOREIGN).user };
  if (rpc !== 'EventStream') {
    const { code, details } = await wire.call(version, rpc, { flagKey: OFF, context }, headers);
    return FLAGD_WORDS[code] ?? details;
  }
  const events = wire.events(version, headers);
  try {
    return (await events.next())?.['type'] === 'provider_ready' ? 'yes' : 'another event';
  } catch (error) {
    const { code, details } = error as { readonly code: string; readonly details: string };
    return FLAGD_WORDS[code] ?? details;
  } finally {
    events.close();
  }
}

const FLAGD_WORDS: Readonly<Record<string, string>> = {
  ...{ OK: 'yes', UNAUTHENTICATED: '401', PERMISSION_DENIED: '403', NOT_FOUND: '404' },
};

describe("flagd's services", () => {
  it('stand in the table', () => {
    for (const { methods } of Object.values(VERSIONS))
      expect(flagdRows.map(({ call }) => call).toSorted()).toEqual(methods.map(({ name }) => name).toSorted());
  });

  it.each(flagdRows.map((row) => [row.call, row] as const))('%s is for whom the table says', async (rpc, row) => {
    const wires = [grpcWire(flagd), connectWire(`http://${latchkey.httpAddress}`, 'json')];
    for (const wire of wires) {
      for (const version of Object.keys(VERSIONS) as Version[])
        expect(await outcomesOf(row, (kind) => callFlagd(wire, version, rpc, kind))).toEqual(row.outcomes);
    }
  });
});

/** What visitors may call where they are let in. */
const FOR_VISITORS = new Set(['POST /ofrep/v1/evaluate/flags/:key', 'POST /ofrep/v1/evaluate/flags']);

describe('a visitor, where visitors are let in', () => {
  let door: RestDoor;
  let listener: GrpcDoor;
  beforeAll(async () => {
    const { services } = latchkey;
    const who = {
      resolver: new OpenFeatureResolver(services.evaluation),
      authenticator: authenticatorOf({ services, visitors: { requestsPerMinute: 0 } }),
    };
    listener = await openFlagdDoor({
      ...{ ...who, services, address: '127.0.0.1:0', token: undefined, observer: () => undefined },
    });
    door = await openRestDoor({
      ...{ ...who, services, address: '127.0.0.1:0', trustedProxies: ['127.0.0.1'] },
      ready: () => ({ ready: true, degraded: false }),
      metrics: () => '',
      observer: { callEnded: () => undefined },
    });
  });
  afterAll(() => Promise.all([door.drain(0), listener.drain(0)]));

  it.each(flagdRows.map(({ call }) => call))("asks flagd's services, and has no stream: %s", async (rpc) => {
    const client = new Client(listener.address, credentials.createInsecure());
    for (const wire of [connectWire(`http://${door.address}`, 'json'), grpcWire(client)]) {
      const outcome = await callFlagd(wire, 'v1', rpc, kinds.get('none')!).catch(String);
      expect(outcome).toBe(rpc === 'EventStream' ? '403' : 'yes');
    }
    client.close();
  });

  it.each(routeRows.map((row) => [exampleOf(row), row] as const))(
    'is nobody, or asks for flags: %s',
    async (_, row) => {
      const outcome = await callRoute(row, kinds.get('none')!, { address: door.address });
      expect(outcome).toBe(FOR_VISITORS.has(row.call) ? 'yes' : row.outcomes.none);
    },
  );
});

/** The columns of who administers an organization, by whom the call is about. */
const ADMINISTERED = [
  ['own', 'org admin, own'],
  ['foreign', 'org admin, other'],
] as const;

const administrationRows = routeRows.filter(({ call }) => ADMIN_ROUTES.has(call));

describe('a token with manage alone that is bound to an organization', () => {
  it.each(administrationRows.map((row) => [exampleOf(row), row] as const))(
    'does over REST what its administrators do: %s',
    async (_name, row) => {
      for (const [reach, heading] of ADMINISTERED) {
        const told = row.outcomes[heading];
        const outcome = await callRoute(row, { token: managing, reach, person: false });
        expect([reach, outcome]).toEqual([reach, told ?? outcome]);
      }
    },
  );

  it.each(rpcRows.map((row) => [exampleOf(row), row] as const))('does over gRPC the same: %s', async (name, row) => {
    const alike = administrationRows.find(
      ({ call, about }) => ADMIN_ROUTES.get(call)!.rpc.name === row.call && about === row.about,
    );
    for (const [reach, heading] of ADMINISTERED) {
      const told = alike === undefined ? '403' : alike.outcomes[heading];
      const outcome = await callRpc(client, row.call, managing, RPC_EXAMPLES[name]!(reach, made));
      expect([reach, outcome]).toEqual([reach, told ?? outcome]);
    }
  });
});

describe('a session', () => {
  /** Who may sign in, with their cookies. */
  const cookies = new Map<string, string>();
  beforeAll(async () => {
    for (const [heading, { token }] of kinds) {
      const cookie = token === undefined ? undefined : await signedIn(token);
      if (cookie !== undefined) cookies.set(heading, cookie);
    }
  });

  it('is for who may call anything of the administration', () => {
    const may = routeRows.find(({ call }) => call === 'POST /api/session')!.outcomes;
    const signIn = Object.keys(may).filter((heading) => may[heading] === 'yes');
    const withoutOwnRow = ['bound, foreign', 'org admin, other', 'platform, other', 'JWT'];
    expect(new Set(cookies.keys())).toEqual(new Set([...signIn, ...withoutOwnRow]));
  });

  it.each(administrationRows.map((row) => [exampleOf(row), row] as const))(
    'does what its token does: %s',
    async (_name, row) => {
      const outcomes: Record<string, string> = {};
      const told: Record<string, string> = {};
      for (const [heading, cookie] of cookies) {
        if (row.outcomes[heading] === undefined) continue;
        told[heading] = row.outcomes[heading];
        outcomes[heading] = await callRoute(row, kinds.get(heading)!, { cookie });
      }
      expect(outcomes).toEqual(told);
    },
  );

  const others = routeRows.filter(
    ({ call, outcomes }) => !ADMIN_ROUTES.has(call) && !call.endsWith(' /api/session') && outcomes.none === '401',
  );
  it.each(others.map((row) => [exampleOf(row), row] as const))('is nobody elsewhere: %s', async (_name, row) => {
    expect(await callRoute(row, kinds.get('admin')!, { cookie: cookies.get('admin')! })).toBe('401');
  });
});

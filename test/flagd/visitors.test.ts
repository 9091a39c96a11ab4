import { Client, credentials } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SignJWT } from 'jose';
import { type EmbeddedLatchkey, startEmbedded } from '../../src/testing/embedded-latchkey.js';
import { connectWire, grpcWire, VERSIONS, type Version, type Wire } from './wires.js';

const JWT_SECRET = 'a shared secret of more than thirty-two bytes';
const HALVES = ['a', 'b'].map((variant) => ({ variant, weight: 1 }));
const IDS = Array.from({ length: 12 }, (_, i) => `visitor-${i}`);
const FLAGS = {
  theme: {
    ...{ type: 'STRING', isEnabledGlobally: true, offVariant: 'off', distribution: HALVES },
    variants: ['off', 'a', 'b'].map((key) => ({ key, value: key })),
  },
  half: { rules: [{ id: 'half', rolloutPer100k: 50_000 }] },
  hidden: { isEnabledGlobally: true, clientVisible: false },
} as const;

let latchkey: EmbeddedLatchkey;
let client: Client;
let grpc: Wire;
let machine: Readonly<Record<string, string>>;
let ada: Readonly<Record<string, string>>;

beforeAll(async () => {
  latchkey = await startEmbedded({ ...{ ANONYMOUS_ACCESS: 'true', FLAGD_ADDR: '127.0.0.1:0' }, JWT_SECRET });
  const { services, operator } = latchkey;
  for (const [keyOrId, input] of Object.entries(FLAGS)) {
    const written = { mustExist: false, expectedVersion: undefined, onRuleChange: 'KEEP', comment: '' } as const;
    await services.flags.set(operator, { keyOrId, input, ...written, access: [], removeAccess: [] });
  }
  client = new Client(latchkey.server.flagdAddress!, credentials.createInsecure());
  grpc = grpcWire(client);
  machine = { authorization: `Bearer ${latchkey.adminSecret}` };
  const jwt = new SignJWT({ sub: 'ada' }).setProtectedHeader({ alg: 'HS256' }).setExpirationTime('5m');
  ada = { authorization: `Bearer ${await jwt.sign(Buffer.from(JWT_SECRET))}` };
});
afterAll(async () => {
  client.close();
  await latchkey.close();
});

const connect = (format: 'json' | 'proto'): Wire => connectWire(`http://${latchkey.httpAddress}`, format);

describe.each(Object.keys(VERSIONS) as Version[])('version %s', (version) => {
  /** What both flags say. Where the machine is busy, so that the store is late, they are asked again. */
  async function decided(wire: Wire, context: object, headers: Readonly<Record<string, string>> = {}) {
    for (;;) {
      const { answer, code } = await wire.call(version, 'ResolveAll', { context }, headers);
      expect(code).toBe('OK');
      const { flags } = answer as {
        readonly flags: Readonly<Record<string, { stringValue?: string; boolValue?: boolean; reason: string }>>;
      };
      if (!JSON.stringify(flags).includes('"STALE"'))
        return { theme: flags['theme']?.stringValue, half: flags['half']?.boolValue === true };
    }
  }

  it.each(['json', 'proto'] as const)(
    'gives whoever signs in what they had as a visitor, in Connect with %s and over gRPC, where they go on naming their id',
    async (format) => {
      const wire = connect(format);
      const own = await decided(wire, {}, ada);
      const seen = new Set<string>();
      let moved = 0;
      for (const id of IDS) {
        const before = await decided(wire, { targetingKey: id });
        seen.add(JSON.stringify(before));
        const after = [
          await decided(wire, { anonymousId: id, targetingKey: 'anything' }),
          await decided(wire, { anonymousId: id }, ada),
          await decided(wire, { targetingKey: 'ada', anonymousId: id }, machine),
          await decided(wire, { targetingKey: id, anonymous: true }, machine),
          await decided(grpc, { anonymousId: id }, ada),
          await decided(grpc, { targetingKey: 'ada', anonymousId: id }, machine),
          await decided(grpc, { targetingKey: id, anonymous: true }, machine),
        ];
        expect(after).toEqual(after.map(() => before));
        if (JSON.stringify(before) !== JSON.stringify(own)) moved++;
      }
      // Both flags came out both ways, and leaving the id out decides by ada's own.
      expect(seen.size).toBeGreaterThan(1);
      expect(moved).toBeGreaterThan(0);
      for (const one of [wire, grpc]) expect(await decided(one, { targetingKey: 'ada' }, ada)).toEqual(own);
    },
  );

  it('tells a visitor of what is for people’s screens, over both, and opens them no stream', async () => {
    const wire = connect('json');
    const ask = (one: Wire, flagKey: string) => one.call(version, 'ResolveBoolean', { flagKey, context: {} });
    for (const one of [wire, grpc]) {
      expect((await ask(one, 'half')).code).toBe('OK');
      expect((await ask(one, 'hidden')).code).toBe('NOT_FOUND');
      await expect(one.events(version).next()).rejects.toMatchObject({ code: 'PERMISSION_DENIED' });
    }
  });
});

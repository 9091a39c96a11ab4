import { randomBytes } from 'node:crypto';
import { credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { beforeAll, expect, it } from '@jest/globals';
import type { RunningServer } from '../../src/compose/server/start-server.js';
import { hashSecret } from '../../src/services/tokens/tokens.js';
import { StoreUnavailable } from '../../src/store/store.js';
import type { TokenReader } from '../../src/store/token-store.js';
import { EvaluateRequest } from '../gen/latchkey/v1/evaluation.js';
import { FeatureServiceClient } from '../gen/latchkey/v1/feature_service.js';
import { busy, until } from '../timing.js';
import { describeOnEachEngine } from './stands/engines.js';
import { OPERATOR } from './stands/use-case-stand.js';

const FAILURES = 30;
const madeUp = (): string => `latchkey_${randomBytes(32).toString('base64url')}`;

/** Counts how often the store is asked for tokens from now on. */
function countReads(server: RunningServer): () => number {
  const tokens = server.composed.store.tokens as { -readonly [Name in keyof TokenReader]: TokenReader[Name] };
  const { version, all, byHash } = tokens;
  let reads = 0;
  const counted = <Args extends unknown[], Result>(read: (...args: Args) => Result) => {
    return (...args: Args): Result => {
      reads++;
      return read(...args);
    };
  };
  Object.assign(tokens, { version: counted(version), all: counted(all), byHash: counted(byHash) });
  return () => reads;
}

describeOnEachEngine('callers whom nobody knows', (engine) => {
  let server: RunningServer;
  beforeAll(async () => {
    server = await engine.start({ ROLES: 'grpc,rest', FAILED_AUTHENTICATIONS_PER_MINUTE: String(FAILURES) });
  });

  it('cost the store no more for 10,000 made-up tokens than for one', async () => {
    const reads = countReads(server);
    const { authentication } = server.composed.services;
    const started = performance.now();
    for (let i = 0; i < 20; i++) {
      const flood = Array.from({ length: 500 }, async () => authentication.machine(madeUp()));
      for (const result of await Promise.allSettled(flood)) {
        // A store that is slow to answer says nothing of them, and lets nobody in.
        const told = result.status === 'rejected' && result.reason instanceof StoreUnavailable;
        if (!told) expect(result).toMatchObject({ status: 'rejected', reason: { code: 'UNAUTHENTICATED' } });
      }
    }
    // The server asks by itself as well, every two seconds.
    expect(reads()).toBeLessThanOrEqual(25 + (performance.now() - started) / 2_000);
  });

  it('do not keep out a token that another server made a moment ago, be its notice lost', async () => {
    const { store, services } = server.composed;
    const { authentication, tokens } = services;
    const input = { name: 'new', scopes: ['evaluate'], organizationId: '', expiresAt: undefined };
    const { token } = await tokens.create(OPERATOR, input);
    for (let i = 0; i < 3; i++) {
      await expect((async () => authentication.machine(madeUp()))()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
      const secret = madeUp();
      const made = { ...token, id: `${token.id}_${i}`, hash: hashSecret(secret) };
      await store.transaction((tx) => tx.tokens.add(made));
      expect(await authentication.machine(secret)).toMatchObject({ tokenId: made.id });
      await store.transaction((tx) => tx.tokens.revoke(made.id, token.createdAt));
      const refused = async (): Promise<boolean> => {
        try {
          await authentication.machine(secret);
          return false;
        } catch {
          return true;
        }
      };
      if (i === 0) expect(await until(refused)).toBeLessThan(busy(5_000));
    }
  });

  it('are refused by their address on both doors once too many have failed, and others are not', async () => {
    const { secret } = await server.composed.services.tokens.create(OPERATOR, {
      ...{ name: 'good', scopes: ['evaluate'], organizationId: '', expiresAt: undefined },
    });
    const ask = async (token: string): Promise<Response> => {
      const headers = { authorization: `Bearer ${token}` };
      return fetch(`http://${server.httpAddress}/api/feature-flags/?user_id=ada`, { headers });
    };
    expect(await ask(secret)).toMatchObject({ status: 200 });
    const started = performance.now();
    const statuses = await Promise.all(Array.from({ length: 3 * FAILURES }, async () => (await ask(madeUp())).status));
    expect(statuses.filter((code) => code === 401).length).toBeGreaterThanOrEqual(FAILURES);
    const limited = await ask(madeUp());
    expect(limited.status).toBe(429);
    expect(Number(limited.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(performance.now() - started).toBeLessThan(busy(10_000));
    expect(await ask(secret)).toMatchObject({ status: 200 });

    const client = new FeatureServiceClient(server.grpcAddress!, credentials.createInsecure());
    const evaluate = (token: string) =>
      new Promise<ServiceError | null>((resolve) => {
        const metadata = new Metadata();
        metadata.set('authorization', `Bearer ${token}`);
        client.evaluate(EvaluateRequest.fromPartial({ flagKey: 'x' }), metadata, (error) => resolve(error));
      });
    expect(await evaluate(madeUp())).toMatchObject({ code: status.RESOURCE_EXHAUSTED });
    expect(await evaluate(secret)).toBeNull();
    client.close();
  });

  it('have no body of theirs parsed, be there a route or not', async () => {
    const post = async (path: string, token?: string, method = 'POST') => {
      const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
      return (await fetch(`http://${server.httpAddress}${path}`, { method, headers, body: '{"broken' })).status;
    };
    expect(await post('/api/events')).toBe(401);
    expect(await post('/api/admin/tokens')).toBe(401);
    expect(await post('/no/such/route')).toBe(404);
    expect(await post('/healthz')).toBe(405);
    expect(await post('/no/such/route', undefined, 'OPTIONS')).toBe(404);
    for (const path of ['/api/events', '/healthz']) expect(await post(path, undefined, 'OPTIONS')).toBe(204);
    const { secret } = await server.composed.services.tokens.create(OPERATOR, {
      ...{ name: 'track', scopes: ['track'], organizationId: '', expiresAt: undefined },
    });
    expect(await post('/api/events', secret)).toBe(400);
  });
});

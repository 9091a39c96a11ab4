import { describe, expect, it } from '@jest/globals';
import { busy } from '../../../test/timing.js';
import { StoreUnavailable } from '../../store/store.js';
import type { MachineToken } from '../../store/token-store.js';
import { Authentication } from './authentication.js';
import { hashSecret } from './tokens.js';

const token = (secret: string, more: Partial<MachineToken> = {}): MachineToken => ({
  ...{
    id: `tok_${secret}`,
    name: secret,
    hash: hashSecret(secret),
    scopes: ['track'],
    organizationId: '',
    createdAt: 1,
  },
  ...{ lastUsedAt: 1_000, ...more },
});

function stand(...tokens: MachineToken[]) {
  const stored = new Map(tokens.map((one) => [one.hash, one]));
  let uptimeMs = 0;
  let look = (hash: string) => Promise.resolve(stored.get(hash));
  let looks = 0;
  const authentication = new Authentication({
    tokens: {
      byHash: (hash) => {
        looks++;
        return look(hash);
      },
      touch: () => Promise.resolve(),
    },
    ...{ clock: { now: () => 2_000 }, onError: () => undefined, uptimeMs: () => uptimeMs },
  });
  return {
    ...{ authentication, stored },
    looks: () => looks,
    pass: (ms: number) => {
      uptimeMs += ms;
    },
    answer: (how: typeof look) => {
      look = how;
    },
  };
}

const away = () => Promise.reject(new StoreUnavailable('the store is not available'));

describe('Authentication', () => {
  it('looks once for all who come at once, and not again for five seconds', async () => {
    const { authentication, looks, pass } = stand(token('a'));
    await Promise.all(Array.from({ length: 50 }, async () => authentication.machine('a')));
    pass(4_999);
    expect(authentication.machine('a')).toMatchObject({ tokenId: 'tok_a' });
    expect(looks()).toBe(1);
    pass(1);
    await authentication.machine('a');
    expect(looks()).toBe(2);
  });

  it('joins no look that began before it heard of a change', async () => {
    const { authentication, answer, stored, looks } = stand(token('a'));
    const early = Promise.withResolvers<MachineToken | undefined>();
    answer(() => early.promise);
    const first = authentication.machine('a');
    authentication.forget();
    answer(() => Promise.resolve({ ...stored.get(hashSecret('a'))!, revokedAt: 1_500 }));
    await expect((async () => authentication.machine('a'))()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    early.resolve(token('a'));
    await first;
    // The early look ended last, and is not believed.
    await expect((async () => authentication.machine('a'))()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    expect(looks()).toBeGreaterThanOrEqual(2);
  });

  it('goes on with whom it knows while the store is away or silent, for an hour, and does not make them wait', async () => {
    const { authentication, answer, pass } = stand(token('a'));
    await authentication.machine('a');
    pass(5_000);
    answer(() => new Promise(() => undefined));
    const started = performance.now();
    expect(await authentication.machine('a')).toMatchObject({ tokenId: 'tok_a' });
    expect(performance.now() - started).toBeLessThan(busy(400));
    const again = performance.now();
    expect(await authentication.machine('a')).toMatchObject({ tokenId: 'tok_a' });
    expect(performance.now() - again).toBeLessThan(100);
    authentication.forget();
    answer(away);
    pass(59 * 60_000);
    expect(await authentication.machine('a')).toMatchObject({ tokenId: 'tok_a' });
    pass(60_000);
    await expect((async () => authentication.machine('a'))()).rejects.toBeInstanceOf(StoreUnavailable);
    await expect((async () => authentication.machine('b'))()).rejects.toBeInstanceOf(StoreUnavailable);
  });

  it('does not take a token for unknown because it was, once the store is away', async () => {
    const { authentication, answer, pass } = stand();
    await expect((async () => authentication.machine('new'))()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    pass(5_000);
    answer(away);
    await expect((async () => authentication.machine('new'))()).rejects.toBeInstanceOf(StoreUnavailable);
  });

  it('forgets nobody for a flood of made-up tokens', async () => {
    const { authentication, looks } = stand(token('a'));
    await authentication.machine('a');
    for (let i = 0; i < 12_000; i++) await Promise.resolve(authentication.machine(`x${i}`)).catch(() => undefined);
    const before = looks();
    expect(authentication.machine('a')).toMatchObject({ tokenId: 'tok_a' });
    expect(looks()).toBe(before);
  });

  it('admits whom a snapshot names, at first only while the store is away', async () => {
    const { authentication, answer, looks } = stand();
    authentication.preload([token('saved')]);
    answer(away);
    expect(await authentication.machine('saved')).toMatchObject({ tokenId: 'tok_saved' });
    answer(() => Promise.resolve(undefined));
    authentication.forget();
    await new Promise((resolve) => setTimeout(resolve, 0));
    expect(looks()).toBeGreaterThan(0);
  });
});

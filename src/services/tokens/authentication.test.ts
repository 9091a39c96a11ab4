import { describe, expect, it } from '@jest/globals';
import { busy, until } from '../../../test/timing.js';
import { FailedAuthentications } from '../../calls/limits/failed-authentications.js';
import { StoreUnavailable } from '../../store/store.js';
import type { MachineToken } from '../../store/token-store.js';
import { Authentication } from './authentication.js';
import { LOOK_SPACING_MS } from './held-tokens.js';
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
  let stored: readonly MachineToken[] = tokens;
  let version = 1;
  let passedMs = 0;
  let answer: () => Promise<unknown> = () => Promise.resolve();
  const asked = { version: 0, all: 0 };
  const clock = { now: 2_000 };
  const touched: string[] = [];
  const failures = new FailedAuthentications(20_000);
  const authentication = new Authentication({
    tokens: {
      version: async () => {
        asked.version++;
        const now = `${version}`;
        await answer();
        return now;
      },
      all: async () => {
        asked.all++;
        return stored;
      },
      touch: (id) => {
        touched.push(id);
        return Promise.resolve();
      },
    },
    ...{ clock: { now: () => clock.now }, onError: () => undefined, failures },
    // The clock goes on by itself, too, as looks wait for it.
    uptimeMs: () => passedMs + performance.now(),
  });
  return {
    ...{ authentication, asked, clock, touched },
    /** The machine, or the error. */
    admitted: async (secret: string) => {
      try {
        return (await authentication.machine(secret)).tokenId;
      } catch (error) {
        return error;
      }
    },
    store: (...now: MachineToken[]) => {
      stored = now;
      version++;
    },
    pass: (ms: number) => {
      passedMs += ms;
    },
    answer: (how: typeof answer) => {
      answer = how;
    },
  };
}

const away = () => Promise.reject(new StoreUnavailable('the store is not available'));
const unknown = { code: 'UNAUTHENTICATED', message: expect.stringContaining('not known here') };
const revoked = { code: 'UNAUTHENTICATED', message: expect.stringContaining('revoked') };

describe('Authentication', () => {
  it('asks once for all who come at once, not again for seconds, and reads tokens only when they have changed', async () => {
    const { authentication, asked, admitted, pass, store } = stand(token('a'), token('b'));
    await Promise.all(Array.from({ length: 50 }, (_, i) => admitted(i % 2 === 0 ? 'a' : 'b')));
    expect(asked).toEqual({ version: 1, all: 1 });
    pass(4_000);
    expect(authentication.machine('a')).toMatchObject({ tokenId: 'tok_a' });
    expect(authentication.machine('b')).toMatchObject({ tokenId: 'tok_b' });
    expect(asked.version).toBe(1);
    pass(1_000);
    await authentication.machine('a');
    expect(asked).toEqual({ version: 2, all: 1 });
    store(token('a', { revokedAt: 1_500 }));
    pass(5_000);
    expect(await admitted('a')).toMatchObject(revoked);
    expect(asked).toEqual({ version: 3, all: 2 });
    expect(await admitted('b')).toMatchObject(unknown);
  });

  it('knows a token that was made elsewhere a moment ago, without any notice of it', async () => {
    const { admitted, asked, store } = stand(token('a'));
    expect(await admitted('a')).toBe('tok_a');
    for (let i = 0; i < 5; i++) {
      expect(await admitted(`unknown ${i}`)).toMatchObject(unknown);
      store(token('a'), token(`new ${i}`));
      expect(await admitted(`new ${i}`)).toBe(`tok_new ${i}`);
    }
    expect(asked.version).toBeLessThanOrEqual(11);
  });

  it('believes no look that began before it heard of a change', async () => {
    const { authentication, admitted, answer, store } = stand(token('a'));
    const early = Promise.withResolvers<void>();
    answer(() => early.promise);
    const first = admitted('a');
    await until(() => true);
    authentication.forget();
    store(token('a', { revokedAt: 1_500 }));
    answer(() => Promise.resolve());
    expect(await admitted('a')).toMatchObject(revoked);
    early.resolve();
    await first;
    // The early look ended last.
    expect(await admitted('a')).toMatchObject(revoked);
  });

  it('goes on with whom it knows while the store is away or silent, for an hour, and does not make them wait', async () => {
    const { authentication, admitted, answer, pass } = stand(token('a'));
    await authentication.machine('a');
    pass(5_000);
    answer(() => new Promise(() => undefined));
    const started = performance.now();
    expect(await admitted('a')).toBe('tok_a');
    expect(performance.now() - started).toBeLessThan(busy(400));
    const again = performance.now();
    expect(await admitted('a')).toBe('tok_a');
    expect(performance.now() - again).toBeLessThan(busy(50));
    authentication.forget();
    answer(away);
    pass(59 * 60_000);
    expect(await admitted('a')).toBe('tok_a');
    pass(60_000);
    expect(await admitted('a')).toBeInstanceOf(StoreUnavailable);
    expect(await admitted('b')).toBeInstanceOf(StoreUnavailable);
  });

  it('does not take a token for unknown because it was, once the store is away', async () => {
    const { admitted, answer, pass } = stand();
    expect(await admitted('new')).toMatchObject(unknown);
    pass(5_000);
    answer(away);
    expect(await admitted('new')).toBeInstanceOf(StoreUnavailable);
  });

  it('knows a header again as long as its token is of use, and no longer', async () => {
    const { authentication, store } = stand(token('a'));
    const asked = async (header: unknown) => authentication.bearer(header);
    for (let i = 0; i < 3; i++) await expect(asked('Bearer a')).resolves.toMatchObject({ tokenId: 'tok_a' });
    for (let i = 0; i < 3; i++) await expect(asked('Bearer b')).rejects.toMatchObject(unknown);
    store(token('a', { revokedAt: 1_500 }), token('b'));
    authentication.forget();
    for (let i = 0; i < 3; i++) await expect(asked('Bearer a')).rejects.toMatchObject(revoked);
    for (let i = 0; i < 3; i++) await expect(asked('bearer  b ')).resolves.toMatchObject({ tokenId: 'tok_b' });
    store(token('a', { revokedAt: 1_500 }));
    authentication.forget();
    for (let i = 0; i < 3; i++) await expect(asked('bearer  b ')).rejects.toMatchObject(unknown);
    for (const none of [undefined, 'b', 'Basic b', ['Bearer a']]) {
      await expect(asked(none)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    }
  });

  it('asks the store no more often for a flood of made-up tokens, and forgets nobody', async () => {
    const { authentication, admitted, asked } = stand(token('a'));
    await authentication.machine('a');
    const started = performance.now();
    for (let i = 0; i < 10; i++) {
      const flood = Array.from({ length: 1_000 }, (_, n) => admitted(`x${i * 1_000 + n}`));
      expect((await Promise.all(flood)).every((error) => error instanceof Error)).toBe(true);
    }
    const looks = (performance.now() - started) / LOOK_SPACING_MS + 2;
    expect(asked.version).toBeLessThanOrEqual(Math.min(looks, 12));
    expect(asked.all).toBe(1);
    expect(authentication.machine('a')).toMatchObject({ tokenId: 'tok_a' });
  });

  it('asks it once a second at most while it is away, whoever comes', async () => {
    const { admitted, answer, asked } = stand();
    answer(away);
    for (let i = 0; i < 1_000; i++) expect(await admitted(`x${i}`)).toBeInstanceOf(StoreUnavailable);
    expect(asked.version).toBeLessThanOrEqual(busy(2));
  });

  it('refuses an address from which too many have failed, until some time has passed, and nobody whom it knows', async () => {
    const uptime = { ms: 0 };
    const authentication = new Authentication({
      tokens: {
        version: () => Promise.resolve('1'),
        all: () => Promise.resolve([token('a')]),
        touch: () => Promise.resolve(),
      },
      ...{ clock: { now: () => 2_000 }, onError: () => undefined },
      failures: new FailedAuthentications(3, () => uptime.ms),
    });
    const from = (peer: string) => ({ getPeer: () => peer });
    const ask = async (secret: string, peer: string) => authentication.machine(secret, from(peer));
    for (const peer of ['[::1]', '10.0.0.1:50', '10.0.0.1:51']) {
      await expect(ask(`bad ${peer}`, peer)).rejects.toMatchObject(unknown);
    }
    await expect(ask('bad', '10.0.0.1:53')).rejects.toMatchObject(unknown);
    await expect(ask('bad', '10.0.0.1:53')).rejects.toMatchObject({ code: 'LIMITED', retryMs: expect.any(Number) });
    await expect(ask('a', '10.0.0.1:54')).resolves.toMatchObject({ tokenId: 'tok_a' });
    await expect(ask('bad', '10.0.0.2:53')).rejects.toMatchObject(unknown);
    uptime.ms += 20_000;
    await expect(ask('bad', '10.0.0.1:53')).rejects.toMatchObject(unknown);
  });

  it('admits whom a snapshot names, at first only while the store is away', async () => {
    const { authentication, answer, admitted } = stand();
    authentication.preload([token('saved')]);
    answer(away);
    expect(await admitted('saved')).toBe('tok_saved');
    answer(() => Promise.resolve());
    authentication.forget();
    await admitted('saved');
    await until(async () => (await admitted('saved')) instanceof Error);
    expect(await admitted('saved')).toMatchObject(unknown);
  });

  it('knows by its id whether a token is good, as though it had come itself, which does not count as its use', async () => {
    const { authentication, answer, asked, pass, store, touched } = stand();
    expect(await authentication.isGood('tok_a')).toBe(false);
    // It was made by another server, of which nobody told this one.
    store(token('a'));
    expect(await authentication.isGood('tok_a')).toBe(true);
    const { version } = asked;
    expect(await authentication.isGood('tok_a')).toBe(true);
    expect(asked.version).toBe(version);
    // What is held is confirmed after a while, and after a notice, even where nobody comes with a token.
    store(token('a', { revokedAt: 1_500 }));
    pass(5_000);
    expect(await authentication.isGood('tok_a')).toBe(false);
    store(token('a'));
    authentication.forget();
    expect(await authentication.isGood('tok_a')).toBe(true);
    authentication.forget();
    answer(away);
    expect(await authentication.isGood('tok_a')).toBe(true);
    await expect(authentication.isGood('tok_b')).rejects.toThrow(StoreUnavailable);
    answer(() => Promise.resolve());
    pass(60_000);
    store(token('a', { expiresAt: 2_000 }));
    expect(await authentication.isGood('tok_a')).toBe(false);
    expect(touched).toEqual([]);
  });

  describe('a session', () => {
    const HOUR = 3_600_000;
    const session = (more: Partial<MachineToken> = {}) =>
      token('s', {
        ...{ id: 'ses_s', createdAt: 2_000, lastUsedAt: 2_000, expiresAt: 2_000 + 7 * 24 * HOUR },
        ...{ session: { parentId: 'tok_p', userId: '' }, ...more },
      });
    const parent = token('p', { scopes: ['manage'], organizationId: 'acme' });
    const asked = async ({ authentication }: ReturnType<typeof stand>) => authentication.session('s');
    const over = { code: 'UNAUTHENTICATED', message: expect.stringContaining('is over') };

    it('stands for its token, is no bearer token, and is nobody’s without it', async () => {
      const here = stand(parent, session({ scopes: ['manage'], organizationId: 'acme' }));
      expect(await asked(here)).toEqual({
        ...{ kind: 'machine', tokenId: 'tok_p', sessionId: 'ses_s', organizationId: 'acme' },
        scopes: new Set(['manage']),
      });
      expect(await here.authentication.isGood('ses_s')).toBe(true);
      expect(await here.admitted('s')).toMatchObject(unknown);
      await expect((async () => here.authentication.session('p'))()).rejects.toMatchObject(unknown);
      await expect(asked(stand(session()))).rejects.toMatchObject(unknown);
      expect(await stand(session()).authentication.isGood('ses_s')).toBe(false);
    });

    it('goes on while it is used within twelve hours, which is noted once a minute, and ends after a week', async () => {
      const here = stand(parent, session());
      await asked(here);
      for (let hours = 11; hours < 7 * 24; hours += 11) {
        here.clock.now = 2_000 + hours * HOUR;
        expect(await asked(here)).toMatchObject({ sessionId: 'ses_s' });
        await asked(here);
      }
      expect(here.touched.length).toBe(Math.floor((7 * 24 - 1) / 11));
      here.clock.now = 2_000 + 7 * 24 * HOUR;
      await expect(asked(here)).rejects.toMatchObject(over);
    });

    it.each<[string, number, Partial<MachineToken>, Partial<MachineToken>]>([
      ['was not used for twelve hours', 12 * HOUR, {}, {}],
      ['was signed out', 1, { revokedAt: 2_000 }, {}],
      ['stands for a token that was revoked', 1, {}, { revokedAt: 2_000 }],
      ['stands for a token that has expired', 10, {}, { expiresAt: 2_005 }],
    ])('is over that %s', async (_what, later, ofSession, ofParent) => {
      const here = stand({ ...parent, ...ofParent }, session(ofSession));
      here.clock.now += later;
      await expect(asked(here)).rejects.toMatchObject(over);
      expect(await here.authentication.isGood('ses_s')).toBe(false);
    });
  });
});

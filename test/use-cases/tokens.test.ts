import { expect, it } from '@jest/globals';
import type { Call } from '../../src/calls/caller.js';
import { STORE_ANSWERS_MS } from '../../src/calls/consistency/store-answer.js';
import { MINUTE_MS } from '../../src/core/values/time/time.js';
import { Authentication } from '../../src/services/tokens/authentication.js';
import { hashSecret } from '../../src/services/tokens/tokens.js';
import { keepHouse } from '../../src/worker/upkeep/housekeeping.js';
import { busy } from '../timing.js';
import { describeOnEachEngine } from './stands/engines.js';
import { decided, machine, OPERATOR, person, type UseCaseStand } from './stands/use-case-stand.js';

const code = (expected: string, message = '') => ({ code: expected, message: expect.stringContaining(message) });
const SOON = 60 * MINUTE_MS;

async function create(
  stand: UseCaseStand,
  more: Partial<Parameters<UseCaseStand['services']['tokens']['create']>[1]> = {},
) {
  const input = { name: 'checkout', scopes: ['evaluate'], organizationId: '', expiresAt: undefined, ...more };
  return stand.services.tokens.create(OPERATOR, input);
}

const machineOf = async (stand: UseCaseStand, secret: string) => stand.services.authentication.machine(secret);

describeOnEachEngine('tokens', (engine) => {
  it('are made with scopes, known by their secret, and stored as a hash alone', async () => {
    const stand = await engine.compose();
    const { token, secret } = await create(stand, { scopes: ['track', 'identify', 'track'], organizationId: 'acme' });
    expect(token).toMatchObject({ scopes: ['track', 'identify'], organizationId: 'acme', hash: hashSecret(secret) });
    expect(await machineOf(stand, secret)).toEqual({
      ...{ kind: 'machine', tokenId: token.id, scopes: new Set(['track', 'identify']), organizationId: 'acme' },
    });
    await expect(machineOf(stand, `${secret}x`)).rejects.toMatchObject(code('UNAUTHENTICATED'));
    const page = await stand.services.audit.list(OPERATOR, { limit: 10 }, { target: token.id });
    expect(page.items).toMatchObject([{ action: 'token.create', after: { hash: '[redacted]', name: 'checkout' } }]);
    for (const wrong of [
      { scopes: [] },
      { scopes: ['root'] },
      { name: '' },
      { expiresAt: 1 },
      { organizationId: ' o' },
    ]) {
      await expect(create(stand, wrong)).rejects.toMatchObject(code('INVALID'));
    }
  });

  it('end when they are revoked, at once where it is heard of, within five seconds elsewhere', async () => {
    const stand = await engine.compose();
    let uptimeMs = 0;
    const { store, clock } = stand;
    const deaf = new Authentication({
      tokens: store.tokens,
      clock,
      onError: () => undefined,
      uptimeMs: () => uptimeMs,
    });
    const { token, secret } = await create(stand);
    await machineOf(stand, secret);
    await deaf.machine(secret);
    await stand.services.tokens.revoke(OPERATOR, token.id);
    expect(stand.published.at(-1)).toEqual({ kind: 'tokens' });
    stand.services.authentication.forget();
    await expect(machineOf(stand, secret)).rejects.toMatchObject(code('UNAUTHENTICATED', 'revoked'));
    uptimeMs = 4_999;
    expect(await deaf.machine(secret)).toMatchObject({ tokenId: token.id });
    uptimeMs = 5_000;
    await expect(async () => deaf.machine(secret)).rejects.toMatchObject(code('UNAUTHENTICATED', 'revoked'));

    const { revokedAt } = (await stand.services.tokens.list(OPERATOR, { limit: 100 })).items.find(
      ({ id }) => id === token.id,
    )!;
    expect((await stand.services.tokens.revoke(OPERATOR, token.id)).revokedAt).toBe(revokedAt);
    const actions = (await stand.services.audit.list(OPERATOR, { limit: 10 }, { target: token.id })).items;
    expect(actions.map(({ action }) => action)).toEqual(['token.revoke', 'token.create']);
    await expect(stand.services.tokens.revoke(OPERATOR, 'tok_none')).rejects.toMatchObject(code('NOT_FOUND'));
  });

  it('end when they expire, by the database’s clock', async () => {
    const stand = await engine.compose();
    const now = await stand.store.now();
    const { secret } = await create(stand, { expiresAt: now + SOON });
    let time = now;
    const clock = { now: () => time };
    const authentication = new Authentication({
      ...{ tokens: stand.store.tokens, clock, onError: () => undefined },
      storeAnswersMs: busy(STORE_ANSWERS_MS),
    });
    await authentication.machine(secret);
    time = now + SOON - 1;
    await authentication.machine(secret);
    time = now + SOON;
    await expect(async () => authentication.machine(secret)).rejects.toMatchObject(
      code('UNAUTHENTICATED', 'expired at'),
    );
  });

  it('note their last use once a minute at most', async () => {
    const stand = await engine.compose();
    const { token, secret } = await create(stand);
    let time = token.createdAt;
    let touches = 0;
    const { tokens } = stand.store;
    const counting = {
      version: () => tokens.version(),
      all: () => tokens.all(),
      touch: (id: string, at: number) => {
        touches++;
        return tokens.touch(id, at);
      },
    };
    const options = {
      ...{ tokens: counting, clock: { now: () => time }, onError: () => undefined },
      storeAnswersMs: busy(STORE_ANSWERS_MS),
    };
    const [one, other] = [new Authentication(options), new Authentication(options)];
    for (let i = 0; i < 100; i++) await one.machine(secret);
    expect(touches).toBe(1);
    const lastUse = async () => (await tokens.byHash(token.hash))?.lastUsedAt;
    while ((await lastUse()) === undefined);
    await other.machine(secret);
    expect(touches).toBe(1);
    time += MINUTE_MS;
    await one.machine(secret);
    expect(touches).toBe(2);
    while ((await lastUse()) !== time);
  });

  it('of the start: a changed one revokes the one before, and a refused one revokes nothing', async () => {
    const stand = await engine.compose();
    const { tokens } = stand.services;
    const bootstraps = async () =>
      (await tokens.list(OPERATOR, { limit: 100 })).items.filter(
        ({ name, revokedAt }) => name === 'bootstrap' && revokedAt === undefined,
      );
    await Promise.all([tokens.bootstrap('first-secret-of-all'), tokens.bootstrap('first-secret-of-all')]);
    await tokens.bootstrap('first-secret-of-all');
    expect(await bootstraps()).toHaveLength(1);
    await tokens.bootstrap('second-secret-of-all');
    expect(await bootstraps()).toMatchObject([{ hash: hashSecret('second-secret-of-all'), scopes: ['admin'] }]);
    stand.services.authentication.forget();
    await expect(machineOf(stand, 'first-secret-of-all')).rejects.toMatchObject(code('UNAUTHENTICATED'));
    await expect(tokens.bootstrap('first-secret-of-all')).rejects.toMatchObject(code('INVALID', 'was revoked'));
    expect(await machineOf(stand, 'second-secret-of-all')).toMatchObject({ scopes: new Set(['admin']) });
    const { items } = await stand.services.audit.list(OPERATOR, { limit: 50 }, {});
    expect(items.filter(({ actor }) => actor === 'system').map(({ action }) => action)).toEqual([
      'token.create',
      'token.revoke',
      'token.create',
    ]);
  });
});

describeOnEachEngine('a token that is bound to an organization', (engine) => {
  it('names its own users only; of others it is told what it would be told of nobody', async () => {
    const stand = await engine.compose();
    await stand.setFlag('f', { isEnabledGlobally: true });
    await stand.identify('mine', { organizationId: 'acme' });
    await stand.identify('theirs', { organizationId: 'globex' });
    await stand.identify('homeless', {});
    const bound = machine(['evaluate', 'track', 'identify', 'manage'], 'acme');
    const { services } = stand;
    const one = (call: Call, userId: string, context = {}) =>
      Promise.resolve(
        services.evaluation.evaluate(call, { userId, context, flagKey: 'f', consistencyToken: '', full: false }),
      );
    expect((await one(bound, 'mine')).decision.enabled).toBe(true);
    // Twice: from the store, and from the cache.
    for (const userId of ['theirs', 'homeless', 'nobody', 'theirs', 'homeless', 'nobody']) {
      const refused = code('NOT_FOUND', `no user "${userId}"`);
      await expect((async () => one(bound, userId))()).rejects.toMatchObject(refused);
      const targets = [
        { userId: 'mine', context: {} },
        { userId, context: {} },
      ];
      const batch = { targets, flagKeys: [], consistencyToken: '', full: false };
      const [mine, foreign] = await decided(services, bound, batch);
      expect(mine!.decisions).not.toEqual([]);
      expect(foreign).toMatchObject({ userId, decisions: [], refusal: refused });
      await expect(services.progress.get(bound, userId)).rejects.toMatchObject(refused);
      const stage = { userId, stage: 's', allowBackward: false };
      await expect(services.progress.update(bound, stage)).rejects.toMatchObject(refused);
      await expect(services.users.get(bound, userId)).rejects.toMatchObject(refused);
      await expect(services.ledger.userUnlocks(bound, userId, { limit: 1 })).rejects.toMatchObject(refused);
      const tracked = await stand.track([{ id: 'e', user_id: userId, action: 'x' }], { call: bound });
      expect(tracked).toMatchObject({ accepted: 0, rejected: [{ id: 'e', error: `no user "${userId}"` }] });
    }
    for (const userId of ['theirs', 'homeless']) {
      const identify = services.users.identify(bound, { userId, emailVerified: true });
      await expect(identify).rejects.toMatchObject(code('NOT_FOUND', userId));
    }
    const taken = services.users.identify(bound, { userId: 'mine', organizationId: 'globex' });
    await expect(taken).rejects.toMatchObject(code('NOT_FOUND', 'globex'));
    await expect((async () => one(bound, 'mine', { organizationId: 'globex' }))()).rejects.toMatchObject(
      code('NOT_FOUND', 'globex'),
    );
    // A user whom nobody knows yet becomes its own.
    expect((await services.users.identify(bound, { userId: 'new' })).user.organizationId).toBe('acme');
    const states = await stand.store.states.users(['theirs', 'homeless', 'nobody']);
    expect([...states.values()].map(({ emailVerified }) => emailVerified)).toEqual([false, false, false]);
    expect(states.get('nobody')?.revision).toBe(0);
  });

  it('sees its own organization only, and nothing of the platform', async () => {
    const stand = await engine.compose();
    const bound = machine(['admin'], 'acme');
    const { actions, audit, deadLetters, finding, flagLookup, organizations, segments, stages, tokens } =
      stand.services;
    await organizations.set(bound, { id: 'acme', attributes: { plan: 'pro' }, comment: '' });
    expect((await organizations.get(bound, 'acme')).attributes).toEqual({ plan: 'pro' });
    const foreign = code('NOT_FOUND', 'no organization "globex"');
    await expect(organizations.set(bound, { id: 'globex', comment: '' })).rejects.toMatchObject(foreign);
    await expect(organizations.get(bound, 'globex')).rejects.toMatchObject(foreign);
    const page = { limit: 1 };
    const platform: (() => Promise<unknown>)[] = [
      () => finding.flags(bound, {}, page),
      () => flagLookup.get(bound, 'f'),
      () => audit.list(bound, page, {}),
      () => deadLetters.list(bound, page),
      () => deadLetters.replay(bound, []),
      () => tokens.list(bound, page),
      () => tokens.create(bound, { name: 'n', scopes: ['admin'], organizationId: 'acme', expiresAt: undefined }),
      () => tokens.revoke(bound, 'tok_x'),
      () => segments.list(bound, page),
      () => segments.get(bound, 's'),
      () => segments.delete(bound, { key: 's' }),
      () => segments.set(bound, { key: 's', expectedVersion: undefined, comment: '' }),
      () => stages.set(bound, { stages: [] }),
      () => stages.list(bound),
      () => actions.declare(bound, []),
      () => actions.list(bound, page),
      () => actions.delete(bound, 'a'),
    ];
    for (const call of platform)
      await expect(call()).rejects.toMatchObject(code('FORBIDDEN', 'bound to an organization'));
    const admin = person('a', { organizationId: 'acme', roles: ['admin'] });
    await expect(organizations.get(admin, 'globex')).rejects.toMatchObject(code('NOT_FOUND'));
    await expect(finding.flags(admin, {}, page)).rejects.toMatchObject(code('FORBIDDEN'));
  });

  it('is told of its own access rows alone, on delegated flags', async () => {
    const stand = await engine.compose();
    const { flagLookup, flags } = stand.services;
    const change = { expectedVersion: undefined, onRuleChange: 'KEEP', mustExist: false, comment: '' } as const;
    const put = (call: Call, keyOrId: string, organizationId: string, delegated?: boolean) =>
      flags.set(call, { ...change, keyOrId, input: { delegated }, access: [{ organizationId }], removeAccess: [] });
    await put(OPERATOR, 'lent', 'acme', true);
    await put(OPERATOR, 'kept', 'acme', false);
    await put(machine(['manage'], 'globex'), 'lent', 'globex');
    const admin = person('a', { organizationId: 'acme', roles: ['admin'] });
    await put(admin, 'lent', 'acme');
    const page = { limit: 10 };
    for (const call of [admin, machine(['manage'], 'acme')]) {
      const { items } = await flagLookup.access(call, 'lent', page);
      expect(items).toEqual([expect.objectContaining({ organizationId: 'acme', managedBy: 'acme' })]);
      for (const key of ['kept', 'none'])
        await expect(flagLookup.access(call, key, page)).rejects.toMatchObject(code('NOT_FOUND', 'is delegated'));
    }
    expect((await flagLookup.access(OPERATOR, 'lent', page)).items).toHaveLength(3);
    const manager = person('m', { organizationId: 'acme', roles: ['manager'] });
    await expect(flagLookup.access(manager, 'lent', page)).rejects.toMatchObject(code('FORBIDDEN', 'admins'));
  });
});

describeOnEachEngine('sessions', (engine) => {
  it('are known on every server, end with their token there, and are dropped a day after their end', async () => {
    const stand = await engine.compose();
    const { services, store, clock } = stand;
    const { token, secret } = await create(stand, { scopes: ['manage'], organizationId: 'acme' });
    const caller = await machineOf(stand, secret);
    const begin = () => services.sessions.begin({ caller, requestId: 'r' });
    const [kept, signedOut] = [await begin(), await begin()];
    const elsewhere = new Authentication({
      ...{ tokens: store.tokens, clock, onError: () => undefined },
      storeAnswersMs: busy(STORE_ANSWERS_MS),
    });
    const known = async ({ secret: held }: typeof kept) => elsewhere.session(held);
    expect(await known(kept)).toMatchObject({ tokenId: token.id, sessionId: kept.session.id, organizationId: 'acme' });
    await services.sessions.end(signedOut.secret, 'r');
    elsewhere.forget();
    await expect(known(signedOut)).rejects.toMatchObject(code('UNAUTHENTICATED', 'over'));
    expect(await known(kept)).toMatchObject({ sessionId: kept.session.id });
    await services.tokens.revoke(OPERATOR, token.id);
    elsewhere.forget();
    await expect(known(kept)).rejects.toMatchObject(code('UNAUTHENTICATED', 'over'));

    const { keeper } = services;
    const now = await store.now();
    const house = (hours: number) => ({ ...store, now: () => Promise.resolve(now + hours * 60 * MINUTE_MS) });
    const left = async () => (await services.tokens.list(OPERATOR, { limit: 10 }, 'sessions')).items.length;
    await keepHouse({ store: house(23), keeper, retentionDays: 3, auditRetentionDays: undefined });
    expect(await left()).toBe(2);
    await keepHouse({ store: house(25), keeper, retentionDays: 3, auditRetentionDays: undefined });
    expect(await left()).toBe(0);
    expect((await services.tokens.list(OPERATOR, { limit: 10 })).items.map(({ id }) => id)).toContain(token.id);
  });
});

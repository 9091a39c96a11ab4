import { expect, it } from '@jest/globals';
import { decodeToken, encodeToken } from '../../src/calls/consistency/consistency-token.js';
import { asLatchkeyError } from '../../src/calls/errors.js';
import type { Evaluated } from '../../src/services/evaluating/target-views.js';
import { busy } from '../timing.js';
import { describeOnEachEngine } from './stands/engines.js';
import { atLeast, latching, OPERATOR, type UseCaseStand, verified } from './stands/use-case-stand.js';

interface Ask {
  readonly token?: string;
  readonly full?: boolean;
  readonly deadline?: number;
}

async function ask(
  stand: UseCaseStand,
  userId: string,
  flagKey: string,
  { token = '', full = false, deadline }: Ask = {},
) {
  const call = deadline === undefined ? OPERATOR : { ...OPERATOR, deadline: Date.now() + deadline };
  const input = { userId, context: {}, flagKey, consistencyToken: token, full };
  try {
    const evaluated: Evaluated = await stand.services.evaluation.evaluate(call, input);
    return evaluated.decision;
  } catch (error) {
    // As doors tell it: on a slow machine it may be the store that does not answer in what is left of the time.
    throw asLatchkeyError(error);
  }
}

describeOnEachEngine('consistency', (engine) => {
  it('of a token: every write is seen by an evaluation elsewhere that heard of nothing', async () => {
    const [here, there] = [await engine.compose(), await engine.compose()];
    const role = { rules: [{ conditions: { all: [{ fact: 'roles', operator: 'contains', value: 'manager' }] } }] };
    const flag = await here.setFlag('seen', { ...role });
    expect((await ask(there, 'u', 'seen')).reason).toBe('FLAG_NOT_FOUND');
    expect((await ask(there, 'u', 'seen', { token: flag.consistencyToken })).reason).toBe('DEFAULT');

    const identified = await here.identify('u', { roles: ['manager'], organizationId: 'acme' });
    expect((await ask(there, 'u', 'seen')).enabled).toBe(false);
    expect((await ask(there, 'u', 'seen', { token: identified.consistencyToken })).reason).toBe('RULE');

    const denied = await here.setFlag('seen', {}, { access: [{ userId: 'u', effect: 'DENY' }] });
    expect((await ask(there, 'u', 'seen')).reason).toBe('RULE');
    expect((await ask(there, 'u', 'seen', { token: denied.consistencyToken })).reason).toBe('DENIED');

    const row = await here.setFlag('of-acme', {}, { access: [{ organizationId: 'acme' }] });
    expect((await ask(there, 'u', 'of-acme', { token: row.consistencyToken })).reason).toBe('ORGANIZATION');
    const gone = await here.setFlag('of-acme', {}, { removeAccess: [{ organizationId: 'acme' }] });
    expect((await ask(there, 'u', 'of-acme')).reason).toBe('ORGANIZATION');
    expect((await ask(there, 'u', 'of-acme', { token: gone.consistencyToken })).reason).toBe('DEFAULT');

    const staged = await here.services.progress.update(OPERATOR, { userId: 'u', stage: 's', allowBackward: false });
    await here.setFlag('staged', {
      rules: [{ conditions: { all: [{ fact: 'stage', operator: 'equal', value: 's' }] } }],
    });
    const again = await here.services.progress.update(OPERATOR, { userId: 'u', stage: 's', allowBackward: false });
    expect(decodeToken(staged.consistencyToken)?.users).toEqual(decodeToken(again.consistencyToken)?.users);
    // A write that changed nothing has still seen everything before it: the flag that was made in between, too.
    expect((await ask(there, 'u', 'staged', { token: again.consistencyToken })).reason).toBe('RULE');
    await here.setFlag('quiet', { active: false });
    const quiet = await here.setFlag('quiet', { active: false });
    expect((await ask(there, 'u', 'quiet', { token: quiet.consistencyToken })).reason).toBe('DISABLED');

    const defined = await here.services.organizations.set(OPERATOR, {
      ...{ id: 'acme', roles: [{ name: 'lead', inherits: ['manager'] }], comment: '' },
    });
    const lead = await here.identify('v', { roles: ['lead'], organizationId: 'acme' });
    for (const { consistencyToken } of [defined, lead]) await ask(there, 'v', 'seen', { token: consistencyToken });
    expect((await ask(there, 'v', 'seen')).reason).toBe('RULE');
  });

  it('of a token: what was tracked is counted first', async () => {
    const [here, there] = [await engine.compose(), await engine.compose()];
    await here.setFlag('counted', latching(atLeast(2, 'c')));
    await ask(there, 'c', 'counted');
    await here.track([{ id: '1', user_id: 'c', action: 'c' }]);
    const { consistencyToken: token } = await here.track([{ id: '2', user_id: 'c', action: 'c' }]);
    for (const full of [false, true]) {
      const early = ask(there, 'c', 'counted', { token, full, deadline: busy(150) });
      await expect(early).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    }
    // Of somebody else nothing is pending.
    expect((await ask(there, 'other', 'counted', { token, deadline: busy(150) })).enabled).toBe(false);
    const asking = ask(there, 'c', 'counted', { token });
    await here.drain();
    expect((await asking).enabled).toBe(true);
  });

  it('of a token that names more than fits: reads the store', async () => {
    const [here, there] = [await engine.compose(), await engine.compose()];
    const users = Array.from({ length: 60 }, (_, i) => `many-${i}`);
    await here.setFlag('many');
    for (const id of users) await there.identify(id);
    const { consistencyToken: token } = await here.setFlag('many', {}, { access: users.map((userId) => ({ userId })) });
    expect(token.length).toBeLessThan(300);
    for (const id of users.slice(0, 3)) expect((await ask(there, id, 'many', { token })).reason).toBe('USER');
  });

  it('FULL reads the store, whatever is cached', async () => {
    const [here, there] = [await engine.compose(), await engine.compose()];
    await here.setFlag('full', latching(verified));
    await ask(there, 'f', 'full', { full: true });
    await here.identify('f', { emailVerified: true });
    expect((await ask(there, 'f', 'full')).enabled).toBe(false);
    expect((await ask(there, 'f', 'full', { full: true })).enabled).toBe(true);
    await here.setFlag('full', { active: false });
    expect((await ask(there, 'f', 'full')).enabled).toBe(true);
    expect((await ask(there, 'f', 'full', { full: true })).reason).toBe('DISABLED');
  });

  it('that cannot be had is UNAVAILABLE, within the deadline', async () => {
    const stand = await engine.compose();
    await stand.setFlag('never', {});
    const epoch = await stand.store.epoch();
    for (const promise of [{ configuration: 1_000_000 }, { users: [['u', 1_000]] as const }]) {
      const started = performance.now();
      const asking = ask(stand, 'u', 'never', { token: encodeToken({ epoch, ...promise }), deadline: 200 });
      await expect(asking).rejects.toMatchObject({ message: expect.any(String) });
      expect(performance.now() - started).toBeLessThan(busy(400));
    }
  });

  it('within the deadline also when the store hangs', async () => {
    const never = new Promise<never>(() => undefined);
    let hangs: boolean = false;
    const stand = await engine.compose({
      around: (store) => ({
        ...store,
        configuration: { ...store.configuration, revision: () => (hangs ? never : store.configuration.revision()) },
        states: { ...store.states, users: (ids) => (hangs ? never : store.states.users(ids)) },
        events: { ...store.events, pendingUsers: (ids, at) => (hangs ? never : store.events.pendingUsers(ids, at)) },
      }),
    });
    await stand.setFlag('hangs');
    const epoch = await stand.store.epoch();
    hangs = true;
    const asks: Ask[] = [
      { full: true },
      { token: encodeToken({ epoch, receivedAt: 1 }) },
      { token: encodeToken({ epoch, configuration: 1_000_000 }) },
      { full: true, deadline: 60 },
      { token: encodeToken({ epoch, receivedAt: 1 }), deadline: 60 },
    ];
    for (const one of asks) {
      const started = performance.now();
      await expect(ask(stand, 'h', 'hangs', one)).rejects.toThrow();
      expect(performance.now() - started).toBeLessThan(busy((one.deadline ?? 250) + 150));
    }
  });

  it('of a token from another epoch: reads the store', async () => {
    const [here, there] = [await engine.compose(), await engine.compose()];
    await here.setFlag('reborn', latching(verified));
    await there.services.keeper.refresh();
    await there.epoch.refresh();
    await ask(there, 'r', 'reborn');
    const { consistencyToken: token } = await here.identify('r', { emailVerified: true });
    await here.sqlStore.renewEpoch();
    await there.epoch.refresh();
    expect((await ask(there, 'r', 'reborn', { token })).enabled).toBe(true);
    // Even one that promises what this life has not reached.
    const beyond = encodeToken({ epoch: 'before', configuration: 1e6, users: [['r', 1e6]], receivedAt: 1 });
    expect((await ask(there, 'r', 'reborn', { token: beyond })).enabled).toBe(true);
  });

  it('refuses tokens that no write has made', async () => {
    const stand = await engine.compose();
    const encoded = (value: unknown) => `v1.${Buffer.from(JSON.stringify(value)).toString('base64url')}`;
    const malformed = [
      ...['v1', 'v1.', 'v2.e30', 'nonsense', 'v1.%%%', encoded([]), encoded(null), encoded({}), encoded({ e: 1 })],
      ...[
        encoded({ e: 'x', c: '1' }),
        encoded({ e: 'x', c: 1.5 }),
        encoded({ e: 'x', u: {} }),
        `v1.${'A'.repeat(20_000)}`,
      ],
      ...[encoded({ e: 'x', u: [['u']] }), encoded({ e: 'x', u: [[1, 1]] }), encoded({ e: 'x', r: null })],
    ];
    for (const token of malformed) {
      await expect(ask(stand, 'u', 'seen', { token })).rejects.toMatchObject({
        ...{ code: 'INVALID', message: expect.stringContaining('consistency_token') },
      });
    }
  });
});

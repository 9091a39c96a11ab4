import { expect, it } from '@jest/globals';
import type { Call } from '../../src/calls/caller.js';
import type { PageRequest } from '../../src/store/page.js';
import { allPages, gate } from '../../src/store/testing/samples.js';
import { describeOnEachEngine } from './stands/engines.js';
import {
  atLeast,
  latching,
  ledgerOf,
  machine,
  OPERATOR,
  person,
  type UseCaseStand,
  verified,
} from './stands/use-case-stand.js';

const reason = 'a promise by support';
const input = (userId: string, flag: string, ruleId = '') => ({ userId, flag, ruleId, reason });
const unlocked = (flag: string) => ({ fact: 'unlocked', params: { flag }, operator: 'equal', value: true });
const kinds = async (stand: UseCaseStand, userId: string) =>
  (await ledgerOf(stand.store, userId)).map(({ kind }) => kind);

describeOnEachEngine('a grant by hand', (engine) => {
  it('gives the flag to a user not seen yet, with what follows from it, told and audited', async () => {
    const stand = await engine.compose();
    await stand.clear();
    const { flag } = await stand.setFlag('vault', latching(verified));
    await stand.setFlag('after', latching(unlocked('vault')));
    const granted = await stand.services.ledger.grant(OPERATOR, input('stranger', 'vault'));
    expect([...granted.newlyUnlocked].sort()).toEqual(['after', 'vault']);
    expect(granted).toMatchObject({ newlyLocked: [], flagId: flag.id, user: { revision: 1 } });
    const cause = { type: 'manual', actor: 'token:tok_test', reason };
    const ledger = await ledgerOf(stand.store, 'stranger');
    expect(ledger).toMatchObject([
      { kind: 'granted', flagId: flag.id, ruleId: '', ruleVersion: 0, cause },
      { kind: 'unlocked', ruleVersion: 1, cause },
    ]);
    expect([...(await stand.on('stranger'))].sort()).toEqual(['after', 'vault']);
    expect(stand.published.at(-1)).toEqual({ kind: 'users', users: [{ id: 'stranger', revision: 1 }] });
    const { items } = await stand.store.audit.list({ limit: 1 }, { target: 'vault' });
    expect(items).toMatchObject([
      {
        ...{ action: 'unlock.grant', actor: 'token:tok_test', comment: reason, target: 'vault' },
        before: { userId: 'stranger', rules: [{ ruleId: '', state: null }] },
        after: { userId: 'stranger', rules: [{ ruleId: '', kind: 'granted' }] },
      },
    ]);

    // Whoever carries the token sees it at once, on any server.
    const other = await engine.compose();
    const { consistencyToken } = granted;
    const asked = { userId: 'stranger', context: {}, flagKey: 'vault', consistencyToken, full: false };
    expect((await other.services.evaluation.evaluate(OPERATOR, asked)).decision).toMatchObject({
      enabled: true,
      reason: 'UNLOCKED',
    });
  });

  it('changes nothing where it stands already, and outlives what is earned, RELOCK and the rule itself', async () => {
    const stand = await engine.compose();
    await stand.clear();
    const { flag } = await stand.setFlag('solid', latching(verified));
    const rule = flag.rules[0]!.id;
    await stand.identify('solid', { emailVerified: true });
    await stand.services.ledger.grant(OPERATOR, input('solid', 'solid', rule));
    const again = await stand.services.ledger.grant(OPERATOR, input('solid', flag.id, rule));
    expect(again).toMatchObject({ entries: [], newlyUnlocked: [], user: { revision: 2 } });
    expect(await kinds(stand, 'solid')).toEqual(['unlocked', 'granted']);
    expect((await stand.store.audit.list({ limit: 9 }, { target: 'solid' })).items).toHaveLength(2);
    await stand.identify('solid', { emailVerified: false });
    await stand.setFlag('solid', { rules: [{ id: rule, rolloutPer100k: 7 }] }, { onRuleChange: 'RELOCK' });
    expect(await stand.on('solid')).toEqual(['solid']);
    await stand.setFlag('solid', { rules: [] }, { onRuleChange: 'RELOCK' });
    expect(await stand.on('solid')).toEqual(['solid']);
  });

  it('is refused for what does not exist, without a reason, and to whom it is not for', async () => {
    const stand = await engine.compose();
    await stand.clear();
    const { flag } = await stand.setFlag('strict', latching(verified));
    const { ledger } = stand.services;
    const code = (call: Call, more: object) =>
      ledger.grant(call, { ...input('nobody', 'strict'), ...more }).then(
        () => 'granted',
        (error: { code: string }) => error.code,
      );
    expect(await code(OPERATOR, { flag: 'none' })).toBe('NOT_FOUND');
    expect(await code(OPERATOR, { ruleId: 'rul_none' })).toBe('NOT_FOUND');
    expect(await code(OPERATOR, { reason: ' ' })).toBe('INVALID');
    expect(await code(OPERATOR, { reason: 'x'.repeat(1_001) })).toBe('INVALID');
    expect(await code(OPERATOR, { userId: '' })).toBe('INVALID');
    expect(await code(machine(['identify']), {})).toBe('FORBIDDEN');
    expect(await code(machine(['manage'], 'acme'), {})).toBe('FORBIDDEN');
    expect(await code(person('nobody', { roles: ['admin'], organizationId: 'acme' }), {})).toBe('FORBIDDEN');
    const missing = { ...input('nobody', 'strict', 'rul_none') };
    await expect(ledger.revoke(OPERATOR, missing)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(ledger.rearm(OPERATOR, missing)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect((await stand.store.states.users(['nobody'])).get('nobody')?.revision).toBe(0);
    expect(await ledgerOf(stand.store, 'nobody')).toEqual([]);
    expect(flag.rules).toHaveLength(1);
  });
});

describeOnEachEngine('a revocation and a rearm', (engine) => {
  it('take a flag away for good, whatever made it on, until it is rearmed and earned anew at once', async () => {
    const stand = await engine.compose();
    await stand.clear();
    const { flag } = await stand.setFlag('club', {
      rules: [...latching(verified).rules, { conditions: { all: [verified] } as never }],
    });
    await stand.identify('guest', { emailVerified: true });
    await stand.services.ledger.grant(OPERATOR, input('guest', 'club'));
    const revoked = await stand.services.ledger.revoke(OPERATOR, input('guest', 'club'));
    expect(revoked).toMatchObject({ newlyLocked: ['club'], newlyUnlocked: [] });
    // The latching rule, the live one, and the grant of the flag as a whole.
    expect(revoked.entries.map(({ ruleId }) => ruleId).toSorted()).toEqual(
      ['', ...flag.rules.map(({ id }) => id)].toSorted(),
    );
    expect(await stand.on('guest')).toEqual([]);
    await stand.identify('guest', { emailVerified: true, attributes: { replace: false, set: { a: 1 }, remove: [] } });
    expect(await stand.on('guest')).toEqual([]);
    expect((await stand.services.ledger.revoke(OPERATOR, input('guest', 'club'))).entries).toEqual([]);

    const rearmed = await stand.services.ledger.rearm(OPERATOR, input('guest', 'club'));
    expect(rearmed).toMatchObject({ newlyUnlocked: ['club'], newlyLocked: [] });
    expect((await kinds(stand, 'guest')).slice(-4)).toEqual(['rearmed', 'rearmed', 'rearmed', 'unlocked']);
    expect(rearmed.user.ledger.get(flag.id)).toEqual(
      new Map([[flag.rules[0]!.id, expect.objectContaining({ state: 'UNLOCKED' })]]),
    );
    const audited = (await stand.store.audit.list({ limit: 9 }, { target: 'club' })).items;
    expect(audited.map(({ action }) => action).slice(0, 3)).toEqual(['unlock.rearm', 'unlock.revoke', 'unlock.grant']);
  });

  it('touch one rule alone when it is named, and are undone by a grant', async () => {
    const stand = await engine.compose();
    await stand.clear();
    const { flag } = await stand.setFlag('two', {
      rules: [...latching(verified).rules, ...latching(atLeast(1, 'step')).rules],
    });
    const [first, second] = flag.rules.map(({ id }) => id);
    await stand.identify('pair', { emailVerified: true });
    await stand.services.ledger.revoke(OPERATOR, input('pair', 'two', first));
    expect(await stand.on('pair')).toEqual([]);
    await stand.track([{ id: '1', user_id: 'pair', action: 'step' }]);
    await stand.drain();
    expect(await stand.on('pair')).toEqual(['two']);
    await stand.services.ledger.revoke(OPERATOR, input('pair', 'two', second));
    expect((await stand.services.ledger.grant(OPERATOR, input('pair', 'two', first))).newlyUnlocked).toEqual(['two']);
    expect(await kinds(stand, 'pair')).toEqual(['unlocked', 'revoked', 'unlocked', 'revoked', 'granted']);
  });

  it('reach a rule that was removed, whose unlock was kept', async () => {
    const stand = await engine.compose();
    await stand.clear();
    const { flag } = await stand.setFlag('gone', latching(verified));
    const rule = flag.rules[0]!.id;
    await stand.identify('kept', { emailVerified: true });
    await stand.setFlag('gone', { rules: [] });
    expect(await stand.on('kept')).toEqual(['gone']);
    await expect(stand.services.ledger.grant(OPERATOR, input('kept', 'gone', rule))).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    expect((await stand.services.ledger.revoke(OPERATOR, input('kept', 'gone', rule))).newlyLocked).toEqual(['gone']);
    expect(await stand.on('kept')).toEqual([]);
    expect((await stand.services.ledger.rearm(OPERATOR, input('kept', 'gone'))).newlyUnlocked).toEqual([]);
    expect(await stand.on('kept')).toEqual([]);
  });
});

describeOnEachEngine('RELOCK', (engine) => {
  it('forgets what a rule unlocked that it removes, in the same write, and so does a later removal', async () => {
    const stand = await engine.compose();
    await stand.clear();
    const { flag } = await stand.setFlag('season', {
      rules: [...latching(verified).rules, ...latching(atLeast(1, 'never')).rules],
    });
    const [first, second] = flag.rules;
    await stand.identify('fan', { emailVerified: true });
    await stand.identify('fan', { emailVerified: false });
    expect(await stand.on('fan')).toEqual(['season']);
    await stand.setFlag('season', { rules: [{ id: second!.id }] }, { onRuleChange: 'RELOCK' });
    expect(await stand.on('fan')).toEqual([]);
    // A server that has only now read the configuration.
    expect(await (await engine.compose()).on('fan')).toEqual([]);

    const { flag: other } = await stand.setFlag('later', latching(verified));
    const rule = other.rules[0]!.id;
    await stand.identify('fan', { emailVerified: true });
    await stand.identify('fan', { emailVerified: false });
    await stand.setFlag('later', { rules: [{ id: rule, rolloutPer100k: 99_999 }] }, { onRuleChange: 'RELOCK' });
    expect(await stand.on('fan')).toEqual([]);
    await stand.setFlag('later', { rules: [] });
    expect(await stand.on('fan')).toEqual([]);
    expect(first?.id).not.toBe(rule);
  });
});

describeOnEachEngine('a flag’s ledger', (engine) => {
  it('is listed across users, paged, newest or oldest first', async () => {
    const stand = await engine.compose();
    await stand.clear();
    await stand.setFlag('popular', latching(verified));
    const users = ['first', 'second', 'third'];
    for (const id of users) await stand.identify(id, { emailVerified: true });
    await stand.services.ledger.revoke(OPERATOR, input('second', 'popular'));
    const list = async (order: 'oldest' | 'newest') => {
      const read = (page: PageRequest) =>
        stand.services.ledger.flagUnlocks(machine(['identify']), 'popular', page, order);
      return (await allPages(2, read)).map(({ userId, kind }) => `${userId} ${kind}`);
    };
    const oldest = await list('oldest');
    expect(new Set(oldest)).toEqual(new Set(['first unlocked', 'second revoked', 'second unlocked', 'third unlocked']));
    expect(oldest).toHaveLength(4);
    expect(oldest.at(-1)).toBe('second revoked');
    expect(await list('newest')).toEqual(oldest.toReversed());
    const none = stand.services.ledger.flagUnlocks(OPERATOR, 'none', { limit: 1 }, 'oldest');
    await expect(none).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describeOnEachEngine('changes of the ledger by hand that race', (engine) => {
  it('leave one standing when a grant meets the event that earns the same rule', async () => {
    const [one, other] = [await engine.compose(), await engine.compose()];
    await one.clear();
    const { flag } = await one.setFlag('raced', latching(atLeast(1, 'race')));
    const rule = flag.rules[0]!.id;
    const users = Array.from({ length: 24 }, (_, i) => `racer-${i}`);
    await one.track(users.map((user_id) => ({ id: 'r', user_id, action: 'race' })));
    await Promise.all([
      one.drain(),
      ...users.map((userId) => other.services.ledger.grant(OPERATOR, input(userId, 'raced', rule))),
      other.drain(),
    ]);
    await one.drain();
    const states = await one.store.states.users(users);
    for (const userId of users) {
      const history = await kinds(one, userId);
      // An unlock that came first stays on record; one that would come second says nothing new.
      expect([['unlocked', 'granted'], ['granted']]).toContainEqual(history);
      expect(states.get(userId)?.ledger.get(flag.id)).toEqual(
        new Map([[rule, expect.objectContaining({ state: 'GRANTED' })]]),
      );
      expect(states.get(userId)?.actions.get('race')?.count).toBe(1);
    }
  });

  it('latch nothing after a revocation has committed, with two workers at it', async () => {
    const [one, other] = [await engine.compose({ lanes: 1 }), await engine.compose({ lanes: 1 })];
    await one.clear();
    const { flag } = await one.setFlag('barred', latching(atLeast(1, 'try')));
    const users = Array.from({ length: 24 }, (_, i) => `barred-${i}`);
    const working = (async () => {
      for (let round = 0; round < 6; round++) {
        await one.track(users.map((user_id) => ({ id: `${round}`, user_id, action: 'try' })));
        await Promise.all([one.worker.process(0), other.worker.process(0)]);
      }
    })();
    for (const userId of users) await other.services.ledger.revoke(OPERATOR, input(userId, 'barred'));
    await working;
    const states = await one.store.states.users(users);
    for (const userId of users) {
      const history = await kinds(one, userId);
      expect([['unlocked', 'revoked'], ['revoked']]).toContainEqual(history);
      expect(states.get(userId)?.ledger.get(flag.id)?.get(flag.rules[0]!.id)?.state).toBe('REVOKED');
      expect(states.get(userId)?.actions.get('try')?.count).toBe(6);
    }
    expect(await one.on(users[0]!)).toEqual([]);
  });

  it('make a worker wait that has the user, and one that comes later see the revocation', async () => {
    const [one, other] = [await engine.compose(), await engine.compose()];
    await one.clear();
    const { flag } = await one.setFlag('held', latching(atLeast(1, 'held')));
    const [locked, goOn] = [gate(), gate()];
    // A revocation that is made and not yet committed.
    const slow = await engine.compose({
      around: (store) => ({
        ...store,
        transaction: (work) =>
          store.transaction(async (tx) => {
            const made = await work(tx);
            locked.open();
            await goOn.opened;
            return made;
          }),
      }),
    });
    const revoking = slow.services.ledger.revoke(OPERATOR, input('held', 'held'));
    await locked.opened;
    const tracking = one
      .track([{ id: 'h', user_id: 'held', action: 'held' }])
      .then(() => Promise.all([one.drain(), other.drain()]));
    await new Promise((resolve) => setTimeout(resolve, 200));
    goOn.open();
    await Promise.all([revoking, tracking]);
    await one.drain();
    expect(await kinds(one, 'held')).toEqual(['revoked']);
    const state = (await one.store.states.users(['held'])).get('held')!;
    expect(state.actions.get('held')?.count).toBe(1);
    expect(state.ledger.get(flag.id)?.get(flag.rules[0]!.id)?.state).toBe('REVOKED');
  });

  it('record what time had brought before them first', async () => {
    const stand = await engine.compose();
    await stand.clear();
    const since = { fact: 'hoursSinceJoin', operator: 'greaterThanInclusive', value: 1 };
    await stand.setFlag('hour', latching(since));
    const joinedAt = (await stand.store.now()) - 3_600_000 + 400;
    await stand.identify('hour', { joinedAt });
    await new Promise((resolve) => setTimeout(resolve, 600));
    // Due, and no worker has come yet.
    await stand.services.ledger.revoke(OPERATOR, input('hour', 'hour'));
    expect(await kinds(stand, 'hour')).toEqual(['unlocked', 'revoked']);
    expect((await ledgerOf(stand.store, 'hour'))[0]).toMatchObject({
      earnedAt: joinedAt + 3_600_000,
      cause: { type: 'time' },
    });
    await stand.fireTimers();
    expect(await kinds(stand, 'hour')).toEqual(['unlocked', 'revoked']);
  });
});

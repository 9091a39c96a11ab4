import { expect, it } from '@jest/globals';
import type { Call } from '../../src/calls/caller.js';
import type { Notifier } from '../../src/notify/notifier.js';
import { UserDeletion } from '../../src/services/users/user-deletion.js';
import { describeOnEachEngine, type Engine } from './stands/engines.js';
import { atLeast, latching, OPERATOR, type UseCaseStand } from './stands/use-case-stand.js';

/** Somebody with something in every place, who has also acted as an operator upon things and upon others. */
async function live({ services, ...stand }: UseCaseStand, id: string): Promise<void> {
  const themselves: Call = { caller: { kind: 'operator', userId: id, organizationId: '' }, requestId: 'r' };
  const set = { mustExist: false, expectedVersion: undefined, onRuleChange: 'KEEP', removeAccess: [] } as const;
  const input = { ...latching(atLeast(1, 'step')), owner: 'kim' };
  await services.flags.set(themselves, { ...set, keyOrId: 'theirs', input, comment: `by ${id}`, access: [] });
  const access = [{ userId: id, organizationId: 'acme' }, { userId: 'other' }];
  await services.flags.set(OPERATOR, { ...set, keyOrId: 'theirs', input: {}, comment: 'a beta', access });
  await services.segments.set(themselves, { key: 'theirs', expectedVersion: undefined, comment: `"${id}"` });
  await services.stages.set(themselves, { stages: [{ name: 'tour', selfSettable: true }] });
  const roles = [{ name: 'pilot', inherits: [] }];
  await services.organizations.set(themselves, { id: 'acme', roles, comment: '' });
  await stand.identify(id, {
    organizationId: 'acme',
    roles: ['pilot'],
    attributes: { replace: true, set: { me: id }, remove: [] },
  });
  await stand.track([
    { id: `${id}-1`, user_id: id, action: 'step', properties: { me: id } },
    { id: 'another', user_id: 'other', action: 'step' },
  ]);
  await stand.drain();
  await services.progress.update(OPERATOR, { userId: id, stage: 'tour', allowBackward: false });
  for (const userId of [id, 'other']) {
    const given = { userId, flag: 'theirs', ruleId: '', reason: `${id} asked for it` };
    await services.ledger.grant(themselves, given);
    await services.ledger.revoke(OPERATOR, { ...given, reason: 'enough' });
    const correction = { userId, action: 'step', addCount: 1, reason: 'a miscount' };
    await services.totalCorrection.correct(themselves, correction);
  }
}

async function tablesWith(engine: Engine, id: string): Promise<readonly string[]> {
  const tables = await engine.rows<{ name: string }>(
    engine.databaseUrl().startsWith('sqlite:')
      ? "SELECT name FROM sqlite_master WHERE type = 'table'"
      : 'SELECT table_name AS name FROM information_schema.tables WHERE table_schema = DATABASE()',
  );
  const found: string[] = [];
  for (const { name } of tables) {
    const rows = await engine.rows<object>(`SELECT * FROM ${name}`);
    const texts = rows.flatMap((row) =>
      Object.values(row).map((value) =>
        value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : String(value),
      ),
    );
    if (texts.some((text) => text.includes(id))) found.push(name);
  }
  return found.toSorted((a, b) => (a < b ? -1 : 1));
}

describeOnEachEngine('a person who is erased', (engine) => {
  it('is in no table any more but by the empty row that keeps late events away', async () => {
    const stand = await engine.compose();
    const id = 'erased-person-7';
    await live(stand, id);
    expect(await tablesWith(engine, id)).toEqual(
      expect.arrayContaining(['audit', 'audit_subjects', 'unlocks', 'versions']),
    );
    await stand.services.userDeletion.delete(OPERATOR, { userId: id, comment: `${id} asked` });
    // The outbox is what streams and webhooks are told from, and holds changes of others for some minutes.
    await stand.store.outbox.purge(Number.MAX_SAFE_INTEGER, 1_000);
    expect(await tablesWith(engine, id)).toEqual(['users']);
    const { items } = await stand.store.audit.list({ limit: 100 }, {});
    expect(items[0]).toMatchObject({ action: 'user.delete', target: '[erased]', comment: '[erased] asked' });
    expect(items.filter(({ actor }) => actor === 'user:[erased]').length).toBeGreaterThan(5);
    const { items: unlocks } = await stand.store.history.ledger('other', { limit: 9 });
    expect(unlocks.map(({ cause }) => cause)).toContainEqual({
      ...{ type: 'manual', actor: 'user:[erased]', reason: '[erased] asked for it' },
    });
  });

  it('is erased to the end by a call that is made again, wherever the one before was cut off', async () => {
    const stand = await engine.compose();
    const id = 'erased-person-8';
    await live(stand, id);
    const { store } = stand;
    const told: string[] = [];
    const notifier: Notifier = {
      ...stand.notifier,
      publish: async (notice) => void told.push(notice.kind),
    };
    const deletion = new UserDeletion({ store, notifier, rowsPerTransaction: 2 });
    let transactions = 0;
    for (let cut = 1; ; cut++) {
      const controller = new AbortController();
      let left = cut;
      const cutting = new UserDeletion({
        store: {
          ...store,
          transaction: (work) => {
            transactions++;
            if (--left === 0) controller.abort();
            return store.transaction(work);
          },
        },
        ...{ notifier, rowsPerTransaction: 2 },
      });
      const call = { ...OPERATOR, signal: controller.signal };
      const outcome = await cutting.delete(call, { userId: id, comment: 'again' }).catch(() => undefined);
      if (outcome !== undefined) break;
    }
    expect(transactions).toBeGreaterThan(5);
    // Servers hear at once that the person's sessions are gone.
    expect(told).toEqual(expect.arrayContaining(['tokens', 'users']));
    await store.outbox.purge(Number.MAX_SAFE_INTEGER, 1_000);
    expect(await tablesWith(engine, id)).toEqual(['users']);
    expect(await deletion.delete(OPERATOR, { userId: id, comment: 'once more' })).toMatchObject({ deleted: false });
  });
});

import { expect, it } from '@jest/globals';
import { PARTITIONS } from '../../src/core/values/partition.js';
import { MINUTE_MS } from '../../src/core/values/time/time.js';
import type { Overview } from '../../src/services/health/overview.js';
import type { SqlStore } from '../../src/store/sql/sql-store.js';
import { type Store, StoreUnavailable } from '../../src/store/store.js';
import { until } from '../timing.js';
import { describeOnEachEngine } from './stands/engines.js';
import { decided, latching, machine, OPERATOR, person, type UseCaseStand, verified } from './stands/use-case-stand.js';

const MANAGER = machine(['manage']);

function kindsOf({ attention }: Overview): readonly string[] {
  return attention.map(({ kind }) => kind);
}

describeOnEachEngine('the overview', (engine) => {
  const overviewOf = ({ services }: UseCaseStand, call = OPERATOR): Promise<Overview> => services.overview.get(call);
  const attentionOf = async (stand: UseCaseStand, kind: string) =>
    (await overviewOf(stand)).attention.find((one) => one.kind === kind);
  const ask = (stand: UseCaseStand, ...flagKeys: readonly string[]) =>
    decided(stand.services, OPERATOR, {
      ...{ targets: [{ userId: 'ada', context: {} }], flagKeys, consistencyToken: '', full: true },
    });

  it('tells what runs: backfills with how far they are, and the last changes in sentences', async () => {
    const stand = await engine.compose();
    await stand.setFlag('runs', latching(verified));
    const { stored, states } = await overviewOf(stand);
    expect(stored).toMatchObject({
      ...{ unfinishedBackfills: 1, searchFilled: PARTITIONS, settlingDerived: false },
      backfills: [{ flagKey: 'runs', state: 'pending', done: 0 }],
    });
    expect(stored!.changes[0]!.sentence).toBe('token:tok_test created the flag "runs"');
    expect(stored!.changes.length).toBeLessThanOrEqual(10);
    expect(states.get('EARNED')).toBe(1);
    await stand.services.backfills.cancel(OPERATOR, stored!.backfills[0]!.id, 'done with it');
    expect((await overviewOf(stand)).stored).toMatchObject({ unfinishedBackfills: 0, backfills: [] });
    await stand.clear();
  });

  it('tells of keys that clients asked for and that no flag has, in all servers, until one has it', async () => {
    const [asked, other] = [await engine.compose(), await engine.compose()];
    await asked.setFlag('checkout');
    await ask(asked, 'chekout', 'checkout', 'no key');
    await ask(asked, 'chekout');
    await other.services.keeper.refresh();
    await ask(other, 'chekout', 'zebra');
    await other.store.nodes.announce(other.node.report());
    const unknown = await attentionOf(asked, 'FLAGS_UNKNOWN');
    expect(unknown).toMatchObject({
      sentence: 'clients asked for 2 keys that no flag has: chekout, zebra',
      count: 2,
      targets: [
        { kind: 'unknown_flag', id: 'chekout', note: 'asked for 3 times; did you mean "checkout"?' },
        { kind: 'unknown_flag', id: 'zebra', note: 'asked for once' },
      ],
    });
    await other.store.nodes.leave(other.node.id);
    await asked.setFlag('chekout');
    expect(await attentionOf(asked, 'FLAGS_UNKNOWN')).toBeUndefined();
    await asked.setFlag('chekout', { archived: true });
    await ask(asked, 'chekout');
    const inUse = await attentionOf(asked, 'FLAGS_ARCHIVED_IN_USE');
    expect(inUse).toMatchObject({ count: 1, targets: [{ kind: 'flag', id: 'chekout' }] });
    await asked.clear();
  });

  it('tells of a flag that names what is none of what was defined since', async () => {
    const stand = await engine.compose();
    const stages = (...names: readonly string[]) =>
      stand.services.stages.set(OPERATOR, {
        stages: names.map((name) => ({ name, selfSettable: true })),
        comment: '',
        expectedVersion: undefined,
      });
    const rule = { conditions: { all: [{ fact: 'stage', operator: 'equal', value: 'tour' }] } };
    await stand.setFlag('guided', { rules: [rule as never] });
    expect(await attentionOf(stand, 'FLAGS_WITH_WARNINGS')).toBeUndefined();
    await stages('start', 'done');
    const warned = await attentionOf(stand, 'FLAGS_WITH_WARNINGS');
    expect(warned?.targets).toEqual([{ kind: 'flag', id: 'guided', note: expect.stringMatching(/^rule 1: .*"tour"/) }]);
    await stages();
    await stand.clear();
  });

  it('tells of events that wait for longer than a minute, and of those that were put aside', async () => {
    const stand = await engine.compose({ lanes: 1 });
    await stand.track([{ id: 'new', user_id: 'ada', action: 'clicked' }]);
    expect(kindsOf(await overviewOf(stand))).not.toContain('EVENTS_LATE');
    const now = await stand.store.now();
    const old = {
      id: 'old',
      source: '',
      userId: 'grace',
      action: 'clicked',
      occurredAt: now,
      value: 1,
      properties: {},
    };
    await stand.store.inbox.append([{ ...old, receivedAt: now - 5 * MINUTE_MS }]);
    const late = await attentionOf(stand, 'EVENTS_LATE');
    expect(late).toMatchObject({ count: 1, since: now - 5 * MINUTE_MS, targets: [{ kind: 'lane', id: '0' }] });
    expect(late?.sentence).toMatch(/^events have waited for \d+ minutes to be counted, in 1 lane$/);
    await stand.store.transaction((tx) => tx.inbox.bury(old, 'broken'));
    expect(kindsOf(await overviewOf(stand))).not.toContain('EVENTS_LATE');
    const aside = await attentionOf(stand, 'DEAD_LETTERS');
    expect(aside).toMatchObject({ count: 1, since: now - 5 * MINUTE_MS });
    expect(aside?.sentence).toMatch(
      /^1 event could not be counted, and was put aside; it was received \d+ minutes ago$/,
    );
    await stand.drain();
  });

  it('leaves out what the caller may not read elsewhere, and is for the platform alone', async () => {
    const stand = await engine.compose();
    const whole = await overviewOf(stand);
    expect(whole.notTold).toEqual([]);
    expect(kindsOf(whole)).toContain('DEAD_LETTERS');
    const part = await overviewOf(stand, MANAGER);
    expect(part.notTold).toEqual(['CHANGES', 'DEAD_LETTERS', 'WEBHOOKS']);
    expect(kindsOf(part)).not.toContain('DEAD_LETTERS');
    expect(part.stored!.changes).toEqual([]);
    const admin = person('ada', { organizationId: 'acme', roles: ['admin'] });
    for (const call of [machine(['manage', 'admin'], 'acme'), machine(['evaluate']), admin, person('ada')])
      await expect(stand.services.overview.get(call)).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  it('tells what it knows by itself while the store is away', async () => {
    const link = { away: false };
    const stand = await engine.compose({ around: (store) => away(store, link) });
    await stand.setFlag('known', { isEnabledGlobally: true });
    link.away = true;
    const { stored, attention, states } = await overviewOf(stand);
    expect(stored).toBeUndefined();
    expect(attention[0]).toMatchObject({ kind: 'STORE_AWAY' });
    expect(states.get('EVERYONE')).toBe(1);
    link.away = false;
    await stand.clear();
  });

  it('misses a worker where there is none, and none where there is one', async () => {
    const stand = await engine.compose();
    expect(kindsOf(await overviewOf(stand))).toContain('NO_WORKER');
    const server = await engine.start();
    await until(async () => !kindsOf(await overviewOf(stand)).includes('NO_WORKER'));
    await server.stop(1_000);
    expect(kindsOf(await overviewOf(stand))).toContain('NO_WORKER');
  });
});

/** A store whose list of servers cannot be read while it is away. */
function away(store: SqlStore, link: { readonly away: boolean }): Store {
  const all = () => (link.away ? Promise.reject(new StoreUnavailable('the store is away')) : store.nodes.all());
  return { ...store, nodes: { ...store.nodes, all } };
}

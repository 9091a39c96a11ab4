import { expect, it } from '@jest/globals';
import { StoreUnavailable } from '../../src/store/store.js';
import { until } from '../timing.js';
import { describeOnEachEngine } from './stands/engines.js';
import { machine, OPERATOR, person } from './stands/use-case-stand.js';

describeOnEachEngine('the health of a deployment', (engine) => {
  it('tells of every server that has announced itself, of the one that answers as it is now, and of none that left', async () => {
    const [asked, other] = [await engine.compose(), await engine.compose()];
    await other.store.nodes.announce({ ...other.node.report(), roles: ['worker'], version: '0.0.0' });
    const health = await asked.services.health.get(OPERATOR);
    expect(health.answeredBy).toBe(asked.node.id);
    expect(health.nodes.map(({ id }) => id)).toEqual([asked.node.id, other.node.id].sort());
    const told = health.nodes.find(({ id }) => id === other.node.id);
    expect(told).toMatchObject({
      roles: ['worker'],
      version: '0.0.0',
      revision: other.services.keeper.snapshot.revision,
    });
    expect(Math.abs(told!.seenAt - health.at)).toBeLessThan(60_000);
    await other.store.nodes.announce({ ...other.node.report(), streams: 7 });
    const again = await asked.services.health.get(OPERATOR);
    expect(again.nodes.find(({ id }) => id === other.node.id)).toMatchObject({ streams: 7 });
    await other.store.nodes.leave(other.node.id);
    expect((await asked.services.health.get(OPERATOR)).nodes.map(({ id }) => id)).toEqual([asked.node.id]);
  });

  it('tells of events that wait, by lane, until they are counted', async () => {
    const stand = await engine.compose({ lanes: 1 });
    await stand.track([{ id: 'e1', user_id: 'ada', action: 'clicked' }]);
    const { stored, at } = await stand.services.health.get(OPERATOR);
    expect(stored!.lanes.map(({ lane }) => lane)).toEqual([0]);
    expect(Math.abs(stored!.lanes[0]!.oldestReceivedAt - at)).toBeLessThan(60_000);
    expect(stored).toMatchObject({ deadLetters: 0, revision: stand.services.keeper.snapshot.revision });
    await stand.drain();
    expect((await stand.services.health.get(OPERATOR)).stored!.lanes).toEqual([]);
  });

  it('tells of itself alone while the store is away', async () => {
    const link: { away: boolean } = { away: false };
    const stand = await engine.compose({
      around: (store) => ({
        ...store,
        nodes: {
          ...store.nodes,
          all: () => (link.away ? Promise.reject(new StoreUnavailable('the store is away')) : store.nodes.all()),
        },
      }),
    });
    link.away = true;
    const health = await stand.services.health.get(OPERATOR);
    expect(health).toMatchObject({ nodes: [{ id: stand.node.id }], stored: undefined });
  });

  it('is for the platform alone', async () => {
    const { services } = await engine.compose();
    const admin = person('ada', { organizationId: 'acme', roles: ['admin'] });
    for (const call of [machine(['manage'], 'acme'), machine(['evaluate']), admin])
      await expect(services.health.get(call)).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  it('knows a server from its start to its end', async () => {
    const stand = await engine.compose();
    const server = await engine.start();
    const { id } = server.composed.node;
    const seen = async () => (await stand.services.health.get(OPERATOR)).nodes.find((node) => node.id === id);
    await until(async () => (await seen()) !== undefined);
    expect(await seen()).toMatchObject({ roles: ['worker'], notifier: 'connected' });
    await server.stop(1_000);
    expect(await seen()).toBeUndefined();
  });
});

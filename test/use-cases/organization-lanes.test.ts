import { expect, it } from '@jest/globals';
import { laneOf, organizationPartitionOf } from '../../src/core/values/partition.js';
import type { Store, Transaction } from '../../src/store/store.js';
import { gate } from '../../src/store/testing/samples.js';
import { BackfillWorker } from '../../src/worker/backfills/backfill-worker.js';
import { LaneWorker } from '../../src/worker/inbox/lane-worker.js';
import { describeOnMariadb } from './stands/engines.js';
import { atLeast, latching, ledgerOf, type UseCaseStand } from './stands/use-case-stand.js';

const LANES = 32;

describeOnMariadb('organizations that lead their members on', (engine) => {
  let flags = 0;

  /** A stand, and members of two organizations of different lanes, each of which has done what leads its organization on; nothing is counted. */
  async function teams() {
    const stand = await engine.compose({ lanes: LANES });
    await stand.clear();
    await stand.setFlag(
      `badge-${++flags}`,
      latching(atLeast(1, 'report', { of: 'organization' }), atLeast(1, 'report')),
    );
    await backfill(stand);
    const ids = Array.from({ length: 50 }, (_, i) => `team-${i}-${Math.random()}`);
    const [one, other] = [...new Map(ids.map((id) => [laneOf(organizationPartitionOf(id), LANES), id]))];
    const organizations = [one!, other!].map(([lane, id]) => ({ lane, id, member: `mia-of-${id}` }));
    for (const { id, member } of organizations) await stand.identify(member, { organizationId: id });
    await stand.track(
      organizations.map(({ member }) => ({ id: `report-${member}`, user_id: member, action: 'report' })),
    );
    for (let lane = 0; lane < LANES; lane++) await stand.worker.process(lane);
    return { stand, organizations };
  }

  const backfill = ({ store, services: { keeper }, notifier }: UseCaseStand): Promise<number> => {
    const failed = (_: string, error: unknown): never => {
      throw error;
    };
    const observer = { lookedAt: () => undefined, failed, done: () => undefined };
    return new BackfillWorker({ store, keeper, notifier, observer, giveWay: () => Promise.resolve() }).run();
  };

  const confirmingBy = (store: Store, confirmed: () => Promise<void>): Store => {
    const around = (tx: Transaction): Transaction['configuration'] => ({
      ...tx.configuration,
      confirmRevision: async () => {
        const revision = await tx.configuration.confirmRevision();
        await confirmed();
        return revision;
      },
    });
    return { ...store, transaction: (work) => store.transaction((tx) => work({ ...tx, configuration: around(tx) })) };
  };

  it('do not wait for one another where two lanes of them are counted at once', async () => {
    const { stand, organizations } = await teams();
    const { services, notifier } = stand;
    const both = gate();
    let confirmed = 0;
    const store = confirmingBy(stand.store, async () => {
      if (++confirmed === organizations.length) both.open();
      await both.opened;
    });
    const worker = new LaneWorker({
      ...{ store, keeper: services.keeper, notifier, lanes: LANES, retentionDays: 30 },
      queue: { wake: () => Promise.resolve() },
      observer: { counted: () => undefined, buried: () => undefined },
    });
    const counted = await Promise.all(organizations.map(({ lane }) => worker.process(lane)));
    expect(counted).toEqual([1, 1]);
    // Each transaction has run once.
    expect(confirmed).toBe(2);
    await backfill(stand);
    for (const { member } of organizations) {
      expect((await ledgerOf(stand.store, member)).map(({ cause }) => cause.type)).toEqual(['backfill']);
    }
  });

  it('find the members whom somebody is writing who has read the organization as it was', async () => {
    const { stand, organizations } = await teams();
    const order: string[] = [];
    const [read, written] = [gate(), gate()];
    const writing = stand.store.transaction(async (tx) => {
      await tx.configuration.confirmRevision();
      read.open();
      await written.opened;
      order.push('written');
    });
    await read.opened;
    for (const { lane } of organizations) await stand.worker.process(lane);
    const led = backfill(stand).then(() => order.push('led on'));
    setTimeout(written.open, 150);
    await Promise.all([writing, led]);
    expect(order).toEqual(['written', 'led on']);
  });
});

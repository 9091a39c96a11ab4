import { expect, it } from '@jest/globals';
import type { OutboundEvent, TakenEvent } from '../outbound-store.js';
import type { Store } from '../store.js';
import type { SigningEndpoint } from '../webhook-store.js';
import { AWKWARD_IDS, gate, unique } from './samples.js';

export function sampleEndpoint(change: Partial<SigningEndpoint> = {}): SigningEndpoint {
  return {
    ...{ id: unique('whe_'), url: 'https://example.com/hooks', description: "it's 👩‍🚀", enabled: true },
    ...{ types: ['dev.latchkey.unlocked'], secrets: [{ secret: 'whsec_AAAA' }], createdAt: 100, updatedAt: 100 },
    ...change,
  };
}

export function outboundEvent(change: Partial<OutboundEvent> = {}): OutboundEvent {
  const userId = change.userId ?? unique('user');
  return {
    ...{ id: unique('evt_'), type: 'dev.latchkey.unlocked', userId, subject: userId, at: 1_700_000_000_000 },
    ...{ data: { user_id: userId } },
    ...change,
  };
}

/** Endpoints are shared by all tests on one database: each removes its own. */
export function webhookContract(store: () => Store): void {
  const put = (...endpoints: readonly SigningEndpoint[]): Promise<void> =>
    store().transaction(async (tx) => {
      for (const endpoint of endpoints) await tx.webhooks.put(endpoint);
    });
  const remove = (...ids: readonly string[]): Promise<void> =>
    store().transaction(async (tx) => {
      for (const id of ids) await tx.webhooks.remove(id);
    });
  const append = (...events: readonly OutboundEvent[]): Promise<void> =>
    store().transaction((tx) => tx.outbound.append(events));

  it('replaces the secrets of an endpoint, and nothing else of it', async () => {
    const endpoint = sampleEndpoint();
    await put(endpoint);
    const secrets = [{ secret: 'whsec_CCCC' }, { secret: 'whsec_AAAA', expiresAt: 900 }];
    await store().transaction((tx) => tx.webhooks.putSecrets({ id: endpoint.id, secrets, updatedAt: 700 }));
    expect(await store().webhooks.signing(endpoint.id)).toEqual({ ...endpoint, secrets, updatedAt: 700 });
    await remove(endpoint.id);
  });

  it('keeps endpoints, oldest first, shows secrets to the signer alone, and replaces them by id', async () => {
    const one = sampleEndpoint();
    const secrets = [{ secret: 'whsec_BBBB' }, { secret: 'whsec_AAAA', expiresAt: 900 }];
    const other = sampleEndpoint({
      createdAt: 50,
      enabled: false,
      disabledAt: 70,
      secrets,
      types: ['dev.latchkey.flag.changed'],
    });
    await put(one, other);
    const { secrets: _, ...listed } = one;
    const { secrets: __, ...older } = other;
    expect(await store().webhooks.list()).toStrictEqual([older, listed]);
    expect(await store().webhooks.signing(other.id)).toStrictEqual(other);
    expect(await store().webhooks.signing('whe_none')).toBeUndefined();
    await store().transaction(async (tx) => {
      expect(await tx.webhooks.count()).toBe(2);
      expect(await tx.webhooks.lock(one.id)).toStrictEqual(one);
      expect(await tx.webhooks.lock('whe_none')).toBeUndefined();
      expect(await tx.webhooks.holdAll()).toStrictEqual([listed, older].toSorted((a, b) => (a.id < b.id ? -1 : 1)));
    });
    const changed = { ...one, url: 'https://example.org/', updatedAt: 200, secrets };
    await put(changed);
    expect(await store().webhooks.signing(one.id)).toStrictEqual(changed);
    await remove(one.id, other.id);
    expect(await store().webhooks.list()).toEqual([]);
  });

  it('tells with the configuration what enabled endpoints want to hear of, and neither address nor secret', async () => {
    expect((await store().configuration.load()).announced).toEqual([]);
    const endpoints = [
      sampleEndpoint({ types: ['dev.latchkey.unlocked', 'dev.latchkey.flag.changed'], url: 'https://h/private' }),
      sampleEndpoint({ types: ['dev.latchkey.revoked'], enabled: false }),
      sampleEndpoint({ types: ['dev.latchkey.flag.changed'] }),
    ];
    await put(...endpoints);
    const configuration = await store().configuration.load();
    expect(configuration.announced).toEqual(['dev.latchkey.unlocked', 'dev.latchkey.flag.changed']);
    expect(JSON.stringify(configuration)).not.toMatch(/whsec_|private/);
    await remove(...endpoints.map(({ id }) => id));
    expect((await store().configuration.load()).announced).toEqual([]);
  });

  it('gives events in the order they were written, as they were, until they are dropped', async () => {
    expect(await store().outbound.waiting()).toBe(false);
    const about = AWKWARD_IDS.map((userId) => outboundEvent({ userId }));
    const none = outboundEvent({ userId: '', subject: 'a-flag', type: 'dev.latchkey.flag.changed', data: { a: [1] } });
    await append(...about, none);
    await append();
    expect(await store().outbound.waiting()).toBe(true);
    await store().transaction(async (tx) => {
      const taken = await tx.outbound.take(1_000);
      expect(taken.map(({ position: _, ...event }) => event)).toStrictEqual([...about, none]);
      await tx.outbound.drop(taken.slice(0, 2));
    });
    await store().transaction(async (tx) => {
      const taken = await tx.outbound.take(3);
      expect(taken.map(({ id }) => id)).toEqual(about.slice(2, 5).map(({ id }) => id));
    });
    const positions = await store().outbound.positions(2);
    expect(positions).toHaveLength(2);
    expect(await store().outbound.oldestAt()).toBe(about[2]!.at);
    await store().transaction(async (tx) => {
      const positionsOf = (events: readonly TakenEvent[]): readonly number[] => events.map(({ position }) => position);
      expect(positionsOf(await tx.outbound.take(9, { only: positions }))).toEqual(positions);
      expect(await tx.outbound.take(9, { only: [] })).toEqual([]);
      expect((await tx.outbound.take(1, { except: positions })).map(({ id }) => id)).toEqual([about[4]!.id]);
    });
    await store().transaction(async (tx) => tx.outbound.drop(await tx.outbound.take(1_000)));
    expect(await store().outbound.oldestAt()).toBeUndefined();
    expect(await store().outbound.waiting()).toBe(false);
  });

  it('gives one event to one of two transactions, and those of an aborted one to the next', async () => {
    const events = Array.from({ length: 40 }, () => outboundEvent());
    await append(...events);
    const seen: string[] = [];
    const takeSome = async (): Promise<number> =>
      store().transaction(async (tx) => {
        const taken = await tx.outbound.take(7);
        await new Promise((resolve) => setTimeout(resolve, 5));
        await tx.outbound.drop(taken);
        seen.push(...taken.map(({ id }) => id));
        return taken.length;
      });
    const failed = store().transaction(async (tx) => {
      await tx.outbound.drop(await tx.outbound.take(7));
      throw new Error('no');
    });
    await expect(failed).rejects.toThrow('no');
    const taker = async (): Promise<void> => {
      while (await store().outbound.waiting()) await takeSome();
    };
    await Promise.all([taker(), taker(), taker()]);
    expect(seen).toHaveLength(events.length);
    expect(new Set(seen)).toEqual(new Set(events.map(({ id }) => id)));
  });

  it('takes an event that was committed late, after others with higher numbers', async () => {
    const [wrote, finish] = [gate(), gate()];
    const late = outboundEvent();
    const writing = store().transaction(async (tx) => {
      await tx.outbound.append([late]);
      wrote.open();
      await finish.opened;
    });
    await wrote.opened;
    const early = outboundEvent();
    // Where transactions take turns there is nothing to overtake.
    const appending = append(early);
    const first: Promise<readonly TakenEvent[]> = appending.then(() =>
      store().transaction(async (tx) => {
        const taken = await tx.outbound.take(10);
        await tx.outbound.drop(taken);
        return taken;
      }),
    );
    setTimeout(() => finish.open(), 200);
    const taken = [...(await first)];
    await writing;
    await store().transaction(async (tx) => {
      const rest = await tx.outbound.take(10);
      await tx.outbound.drop(rest);
      taken.push(...rest);
    });
    expect(taken).toHaveLength(2);
    expect(new Set(taken.map(({ id }) => id))).toEqual(new Set([early.id, late.id]));
  });
}

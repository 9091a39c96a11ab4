import { expect, it } from '@jest/globals';
import { until } from '../../../test/timing.js';
import type { Caller } from '../../calls/caller.js';
import { LiveSources, type LiveSourcesOptions } from './live-sources.js';
import type { LiveStream } from './live-stream.js';

const SECOND = 1_000;
const manager: Caller = { kind: 'machine', tokenId: 't', scopes: new Set(['manage']), organizationId: 'acme' };

/** Sources of which every user unlocks once, and one stream for the administrator of `acme`. */
function start() {
  let now = 100 * SECOND;
  let position = 0;
  let rows: { position: number; userId: string; unlocked: string[]; cause: object; at: number }[] = [];
  const told: Readonly<Record<string, unknown>>[] = [];
  const lookedUp: number[] = [];
  const stream = {
    ...{ joined: true, scope: 'acme', call: { caller: manager, requestId: 'r' } },
    send: (news: Readonly<Record<string, unknown>>) => void told.push(news),
  } as unknown as LiveStream;
  const errors: unknown[] = [];
  const sources = new LiveSources({
    store: { outbox: { recent: async () => rows } },
    states: {
      users: {
        load: async (ids: readonly string[]) => {
          lookedUp.push(ids.length);
          const known = ids.filter((id) => !id.startsWith('gone'));
          return new Map(known.map((id) => [id, { state: { organizationId: id.split('-')[0] } }]));
        },
      },
    },
    keeper: { snapshot: { flags: new Map([['tour', { flag: { clientVisible: true, delegated: true } }]]) } },
    clock: { now: () => now },
    streams: () => [stream],
    onError: (error: unknown) => void errors.push(error),
  } as unknown as LiveSourcesOptions);
  return {
    told,
    errors,
    /** Has these unlock, and looks; resolves once their organizations, if any are asked for, are known. */
    async poll(userIds: readonly string[], isAsked = true) {
      now += SECOND;
      rows = userIds.map((userId) => ({
        ...{ position: ++position, userId, unlocked: ['tour'], cause: { type: 'event' }, at: now },
      }));
      const before = lookedUp.length;
      sources.tick(now);
      if (isAsked) await until(() => lookedUp.length > before);
      await new Promise((resolve) => setTimeout(resolve, 20));
    },
    count: () =>
      told.filter(({ type }) => type === 'unlock').reduce((sum, { leftOut }) => sum + 1 + Number(leftOut), 0),
    resets: () => told.filter(({ type }) => type === 'reset').length,
  };
}

const members = (n: number, organization = 'acme') => Array.from({ length: n }, (_, i) => `${organization}-${i}`);

it('tells an organization of all its members who unlock, more than are looked up at once too', async () => {
  const stand = start();
  await stand.poll([], false);
  await stand.poll([...members(300, 'globex'), ...members(350), ...members(10, 'gone')]);
  for (let i = 0; i < 4; i++) await stand.poll([], i < 3);
  expect(stand.errors).toEqual([]);
  expect([stand.count(), stand.resets()]).toEqual([350, 0]);
});

it('says that something is missing, once, where more unlock than can wait', async () => {
  const stand = start();
  await stand.poll([], false);
  await stand.poll(members(1_500));
  await stand.poll(members(900, 'globex'));
  expect(stand.resets()).toBe(1);
  for (let i = 0; i < 6; i++) await stand.poll([], i < 4);
  await stand.poll(members(1_001));
  expect([stand.errors, stand.resets()]).toEqual([[], 2]);
});

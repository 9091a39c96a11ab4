import { afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import type { RunningServer } from '../../src/compose/start-server.js';
import { TICKET_EPOCH_MS } from '../../src/services/streaming/answer-tickets.js';
import { until, withinOnePeriod } from '../timing.js';
import { describeOnMariadb } from './stands/engines.js';
import { type EventSourceStand, openEventSource } from './stands/event-source.js';
import { OPERATOR } from './stands/use-case-stand.js';

describeOnMariadb('two servers that speak OFREP', (engine) => {
  let [here, there]: RunningServer[] = [];
  const open: EventSourceStand[] = [];

  beforeAll(async () => {
    const ROLES = 'rest,worker';
    const former = 'the-secret-that-was-there-before-it-was-changed';
    here = await engine.start({ ROLES, LATCHKEY_SECRET: former });
    there = await engine.start({ ROLES, LATCHKEY_SECRET_PREVIOUS: former });
    await setFlag({ isEnabledGlobally: false });
  });
  // Between two epochs an answer's ETag changes.
  beforeEach(() => withinOnePeriod(TICKET_EPOCH_MS, 5_000));
  afterEach(() => {
    for (const source of open.splice(0)) source.kill();
  });

  async function setFlag(input: object): Promise<void> {
    await here!.composed.services.flags.set(OPERATOR, {
      ...{ keyOrId: 'both', mustExist: false, input, expectedVersion: undefined, onRuleChange: 'KEEP', comment: '' },
      ...{ access: [], removeAccess: [] },
    });
    const { keeper } = there!.composed.services;
    await until(() => keeper.snapshot.revision >= here!.composed.services.keeper.snapshot.revision);
  }

  async function fetchAll({ httpAddress, adminSecret }: RunningServer, context = {}, etag = '') {
    const response = await fetch(`http://${httpAddress}/ofrep/v1/evaluate/flags`, {
      method: 'POST',
      headers: { authorization: `Bearer ${adminSecret}`, 'content-type': 'application/json', 'if-none-match': etag },
      body: JSON.stringify({ context }),
    });
    const { status, headers } = response;
    const text = await response.text();
    return { status, etag: headers.get('etag')!, uri: /"requestUri":"([^"]+)"/.exec(text)?.[1] ?? '' };
  }

  it('take each other’s tickets while their secret is changed, and tell of what is written at the other', async () => {
    const context = { targetingKey: 'ada' };
    const { uri } = await fetchAll(here!, context);
    const source = await openEventSource(there!.httpAddress!, uri);
    open.push(source);
    expect(source.status).toBe(200);
    await until(() => source.frames.length > 1);
    await setFlag({ isEnabledGlobally: true });
    // On a busy machine the first answer may have been made while the store did not answer in time, which is told of, too.
    const { etag } = await fetchAll(there!, context);
    await until(() => source.of('message').some(({ data }) => (data as { etag: string }).etag === etag));
  });

  it('give the same answer the same ETag, with the same secret', async () => {
    const third = await engine.start({ ROLES: 'rest' });
    const { etag } = await fetchAll(there!, { targetingKey: 'ada' });
    expect(await fetchAll(third, { targetingKey: 'ada' }, etag)).toMatchObject({ status: 304, etag });
  });
});

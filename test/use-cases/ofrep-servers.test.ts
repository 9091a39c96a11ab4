import { afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import type { RunningServer } from '../../src/compose/server/start-server.js';
import { TICKET_EPOCH_MS } from '../../src/services/streaming/answer-tickets.js';
import { connectWire } from '../flagd/wires.js';
import { until, withinOnePeriod } from '../timing.js';
import { describeOnMariadb } from './stands/engines.js';
import { type EventSourceStand, openEventSource } from './stands/event-source.js';
import { OPERATOR } from './stands/use-case-stand.js';

describeOnMariadb('two servers that speak OpenFeature’s protocols', (engine) => {
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

  it('leave a client of flagd that keeps answers none that holds no longer, whichever of them it asks', async () => {
    const authorization = `Bearer ${here!.adminSecret}`;
    const [wire, other] = [here!, there!].map(({ httpAddress }) => connectWire(`http://${httpAddress}`, 'json'));
    const request = { flagKey: 'both', context: { targetingKey: 'ada' } };
    const ask = async () =>
      (await other!.call('v2', 'ResolveBoolean', request, { authorization })).answer as unknown as Answer;
    /** What the client keeps of the flag, which it asks for as soon as it hears of a change, and how often it heard. */
    let kept: Answer | undefined;
    let heard = 0;
    const events = wire!.events('v2', { authorization });
    const client = (async () => {
      for (let event = await events.next(); event !== undefined; event = await events.next()) {
        if (!JSON.stringify(event).includes('"both"')) continue;
        kept = undefined;
        const answer = await ask();
        if (answer.reason === 'STATIC') kept = answer;
        heard++;
      }
    })();
    client.catch(() => undefined);
    await until(() => heard > 0);
    // The other server looks each two seconds whether there is another configuration. It may look just now: then it is tried again.
    do {
      await setFlag({ isEnabledGlobally: true });
      await until(async () => (await ask()).reason === 'STATIC');
      const before = heard;
      const { keeper } = there!.composed.services;
      const { revision } = keeper.snapshot;
      await here!.composed.services.flags.set(OPERATOR, {
        ...{ keyOrId: 'both', mustExist: false, input: { isEnabledGlobally: false }, expectedVersion: undefined },
        ...{ onRuleChange: 'KEEP', comment: '', access: [], removeAccess: [] },
      });
      await until(() => heard > before);
      await until(() => keeper.snapshot.revision > revision);
    } while (kept === undefined);
    await until(() => kept === undefined);
    events.close();
  });
});

interface Answer {
  readonly reason: string;
}

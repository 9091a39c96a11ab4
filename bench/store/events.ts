/**
 * Events from the inbox to the ledger, on MariaDB and Redis, for 50,000 users: one server, one worker. Two figures: the
 * rate at which a backlog-free stream of large `Track` calls is taken in and counted, against the rate at which the same
 * database takes plain upserts of the same counters in statements of 1,000 rows; and, at 200 events a second, how long a
 * single event takes from the call until it is counted and its unlocks are known (`wait`).
 *
 *     npm run build && npm run bench:events
 */
import { TrackRequest } from '../../test/gen/latchkey/v1/event.js';
import { Rule_Policy, SetFlagRequest } from '../../test/gen/latchkey/v1/flag.js';
import { median, quantile } from '../stand/figures.js';
import { connect } from '../stand/latchkey-client.js';
import { countManyEvents } from '../stand/many-events.js';
import { type Place, withPlace } from '../stand/places.js';
import { serve, TOKEN } from '../stand/processes.js';

const USERS = 50_000;
const EVENTS = 100_000;
const LATENCY_EVENTS = 2_000;
const LATENCY_PER_SECOND = 200;

const CONDITION = {
  ...{ fact: 'actionCount', params: { action: 'report_created' }, operator: 'greaterThanInclusive', value: 2 },
};

const event = (n: number) => ({
  id: `event-${n}`,
  source: 'bench',
  userId: `user-${(n * 7919) % USERS}`,
  action: 'report_created',
});

/** Plain upserts of the same counters: what the database itself can take on one connection. */
async function plainUpserts({ query }: Place): Promise<number> {
  await query('CREATE TABLE plain (part SMALLINT, user_id VARCHAR(191), n BIGINT, PRIMARY KEY (part, user_id))');
  const startedAt = performance.now();
  for (let from = 0; from < EVENTS; from += 1_000) {
    const rows = Array.from({ length: 1_000 }, (_, i) => [(from + i) % 4096, event(from + i).userId, 1]);
    await query('INSERT INTO plain VALUES ? ON DUPLICATE KEY UPDATE n = n + VALUES(n)', [
      rows.toSorted((a, b) => (String(a) < String(b) ? -1 : 1)),
    ]);
  }
  return EVENTS / ((performance.now() - startedAt) / 1000);
}

async function latencies({ client, call }: ReturnType<typeof connect>): Promise<readonly number[]> {
  const taken: number[] = [];
  const calls: Promise<void>[] = [];
  for (let i = 0; i < LATENCY_EVENTS; i++) {
    const startedAt = performance.now();
    const one = call(client.track, TrackRequest.fromPartial({ events: [event(EVENTS + i)], wait: true }));
    calls.push(one.then(() => void taken.push(performance.now() - startedAt)));
    await new Promise((resolve) => setTimeout(resolve, 1000 / LATENCY_PER_SECOND));
  }
  await Promise.all(calls);
  return taken;
}

await withPlace(
  'mariadb',
  () => Promise.resolve(),
  async (place) => {
    const environment = { DATA_DIR: place.directory, ...place.environment };
    const [server, worker] = [await serve(0, 'grpc', environment), await serve(1, 'worker', environment)];
    const connected = connect(server.grpcAddress, TOKEN);
    const { client, call } = connected;
    const rules = [{ policy: Rule_Policy.LATCHING, conditions: { all: [CONDITION] } }];
    await call(client.setFlag, SetFlagRequest.fromPartial({ flag: { key: 'analytics', rules } }));

    const plain = await plainUpserts(place);
    const { takenIn, counted, unlocks } = await countManyEvents(place, connected, { events: EVENTS, event });
    const taken = await latencies(connected);
    console.log(
      `${EVENTS} events of ${USERS} users: taken in at ${takenIn.toFixed(0)}/s, counted at ${counted.toFixed(0)}/s ` +
        `(${unlocks} unlocks); plain upserts ${plain.toFixed(0)}/s, ratio ${(counted / plain).toFixed(3)}`,
    );
    console.log(
      `one event with wait, ${LATENCY_PER_SECOND}/s: median ${median(taken).toFixed(1)} ms, p99 ${quantile(taken, 0.99).toFixed(1)} ms`,
    );
    client.close();
    await Promise.all([server.stop(), worker.stop()]);
  },
);

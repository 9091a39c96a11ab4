/**
 * Events from the inbox to the ledger, on MariaDB and Redis: 50,000 users, three actions, and one event in twenty unlocks. One
 * server, one worker. How many are taken in and counted a second, against plain sorted batch writes of the same rows by two
 * connections; then, at 200 events a second, how long a single event takes from the call until it is counted and its unlocks are
 * known (`wait`).
 *
 *     npm run build && npm run bench:events
 *
 * `USERS`, `EVENTS` a round, `ROUNDS` and `LATENCY_EVENTS` change its size. `DERIVED` declares so many derived actions: every event may
 * count as one more of them, by what it says, and the last of them counts each value once. With `STREAKS=1` a rule reads a streak of one
 * action, and one of all, so that everything counts as one action more. `REVERSED` is a share of events that take back an earlier one, such
 * as 0.05.
 * `ORGANIZATIONS` has every event count for one of so many organizations as well, of which each earns a flag: then events are counted
 * when both have counted them. `SINCE` declares a derived action that counts the first action within so many days after the second, such
 * as 7: one user in three does the second and then the first.
 */
import { credentials, Metadata } from '@grpc/grpc-js';
import { AdminServiceClient } from '../../test/gen/latchkey/v1/admin_service.js';
import { TrackRequest } from '../../test/gen/latchkey/v1/event.js';
import { Rule_EarnedBy, Rule_Policy, SetFlagRequest } from '../../test/gen/latchkey/v1/flag.js';
import { DeclareActionsRequest } from '../../test/gen/latchkey/v1/onboarding.js';
import { databasePid, redisPid } from '../stand/database-process.js';
import { quantile } from '../stand/figures.js';
import { connect } from '../stand/latchkey-client.js';
import { countManyEvents } from '../stand/many-events.js';
import { actionName } from '../stand/many-users.js';
import { type Place, withPlace } from '../stand/places.js';
import { processorMsOf, serve, TOKEN } from '../stand/processes.js';
import { Report } from '../stand/report.js';
import { type Figures, roundsOr, type Side, sideBySide } from '../stand/rounds.js';
import { BareEventWrites } from './bare-event-writes.js';

const USERS = Number(process.env.USERS ?? 50_000);
const EVENTS = Number(process.env.EVENTS ?? 100_000);
const ROUNDS = roundsOr(5);
const ACTIONS = 3;
const DERIVED = Number(process.env.DERIVED ?? 0);
const STREAKS = process.env.STREAKS === '1';
const REVERSED = Number(process.env.REVERSED ?? 0);
const ORGANIZATIONS = Number(process.env.ORGANIZATIONS ?? 0);
const SINCE = Number(process.env.SINCE ?? 0);
const TOPICS = 10;
const LATENCY_EVENTS = Number(process.env.LATENCY_EVENTS ?? 2_000);
const LATENCY_PER_SECOND = 200;
const UNLOCKING_SHARE = 1 / 20;
const AIM_PER_SECOND = 10_000;

/** Each round has users of its own, since a user unlocks a rule once. */
const event = (round: number, n: number) => ({
  ...{ id: `event-${round}-${n}`, source: 'bench' },
  ...{ userId: `user-${round}-${(n * 7919) % USERS}`, action: actionName(n % ACTIONS) },
  ...(DERIVED > 0 && { properties: { topic: n % TOPICS } }),
  ...(ORGANIZATIONS > 0 && { organizationId: `organization-${n % ORGANIZATIONS}` }),
});

/** Of so many events, the last one takes back the first. */
const REVERSING_EVERY = REVERSED > 0 ? Math.round(1 / REVERSED) : Number.POSITIVE_INFINITY;

const sent = (round: number, n: number) => {
  if (n % REVERSING_EVERY !== REVERSING_EVERY - 1) return event(round, n);
  const { id, source, userId } = event(round, n - REVERSING_EVERY + 1);
  return { id: `reversal-${round}-${n}`, source, userId, action: '', reverses: { source, id } };
};

/** Two of three users do the first action: a share of them unlocks, as many as is one event in twenty. */
const flag = {
  key: 'analytics',
  rules: [
    {
      policy: Rule_Policy.LATCHING,
      conditions: {
        all: [{ fact: 'actionCount', params: { action: actionName(0) }, operator: 'greaterThanInclusive', value: 1 }],
      },
      rollout: Math.round((100_000 * UNLOCKING_SHARE * EVENTS) / ((2 / 3) * USERS)),
    },
  ],
};

const streakFlag = {
  key: 'streaks',
  active: true,
  rules: [
    {
      policy: Rule_Policy.LATCHING,
      conditions: {
        all: [{ action: actionName(0) }, { period: 'week' }].map((params) => ({
          ...{ fact: 'streak', params, operator: 'greaterThan', value: 1_000 },
        })),
      },
    },
  ],
};

/** What every action of everybody counts towards. It is earned in the first round. */
const teamFlag = {
  key: 'team',
  rules: [
    {
      policy: Rule_Policy.LATCHING,
      earnedBy: Rule_EarnedBy.ORGANIZATION,
      conditions: {
        all: Array.from({ length: ACTIONS }, (_, n) => ({
          ...{ fact: 'actionCount', params: { action: actionName(n) }, operator: 'greaterThanInclusive', value: 1_000 },
        })),
      },
    },
  ],
};

/** Half of all events count as each of them, and of the last one the first of each topic. */
const alike = Array.from({ length: DERIVED }, (_, i) => ({
  name: `derived-${i}`,
  derivation: {
    from: Array.from({ length: ACTIONS }, (_, n) => actionName(n)),
    where: { all: [{ fact: 'property', params: { name: 'topic' }, operator: 'lessThan', value: TOPICS / 2 }] },
    ...(i === DERIVED - 1 && { distinct: { name: 'topic' } }),
  },
}));

/** What is counted within some days after something else. */
const sequence = {
  name: 'sequence',
  derivation: { from: [actionName(0)], since: { action: actionName(1), withinDays: SINCE } },
};

const derivedActions = [...alike, ...(SINCE > 0 ? [sequence] : [])];

async function latencies({ client, call }: ReturnType<typeof connect>): Promise<readonly number[]> {
  const taken: number[] = [];
  const calls: Promise<void>[] = [];
  for (let i = 0; i < LATENCY_EVENTS; i++) {
    const startedAt = performance.now();
    const one = call(client.track, TrackRequest.fromPartial({ events: [event(-2, i)], wait: true }));
    calls.push(one.then(() => void taken.push(performance.now() - startedAt)));
    await new Promise((resolve) => setTimeout(resolve, 1000 / LATENCY_PER_SECOND));
  }
  await Promise.all(calls);
  return taken;
}

/** What of processors one event took of each process, in microseconds, beside what `run` gives. */
async function withProcessors(
  processes: Readonly<Record<string, () => number>>,
  run: () => Promise<Figures>,
): Promise<Figures> {
  const names = Object.keys(processes);
  const before = names.map((name) => processes[name]!());
  const [startedAt, used] = [performance.now(), process.cpuUsage()];
  const figures = await run();
  const each = names.map((name, i) => [`${name}Us`, ((processes[name]!() - before[i]!) * 1000) / EVENTS] as const);
  const { user, system } = process.cpuUsage(used);
  const generatorBusy = (user + system) / 10 / (performance.now() - startedAt);
  return { ...figures, ...Object.fromEntries(each), generatorBusy };
}

async function declare(grpcAddress: string): Promise<void> {
  const client = new AdminServiceClient(grpcAddress, credentials.createInsecure());
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${TOKEN}`);
  await new Promise<void>((resolve, reject) => {
    const request = DeclareActionsRequest.fromPartial({ actions: derivedActions });
    client.declareActions(request, metadata, (error) => (error ? reject(error) : resolve()));
  });
  client.close();
}

async function measure(place: Place): Promise<void> {
  const environment = { DATA_DIR: place.directory, ...place.environment };
  const [server, worker] = [await serve(0, 'grpc', environment), await serve(1, 'worker', environment)];
  const connected = connect(server.grpcAddress, TOKEN);
  if (derivedActions.length > 0) await declare(server.grpcAddress);
  await connected.call(connected.client.setFlag, SetFlagRequest.fromPartial({ flag }));
  if (STREAKS) await connected.call(connected.client.setFlag, SetFlagRequest.fromPartial({ flag: streakFlag }));
  if (ORGANIZATIONS > 0) await connected.call(connected.client.setFlag, SetFlagRequest.fromPartial({ flag: teamFlag }));
  const [mariadb, redis] = [await databasePid(place), await redisPid(place)];
  const databases = { mariadb: () => processorMsOf(mariadb), redis: () => processorMsOf(redis) };
  const report = new Report('events', {
    users: USERS,
    events: EVENTS,
    actions: ACTIONS,
    derived: DERIVED,
    streaks: Number(STREAKS),
    reversed: REVERSED,
    organizations: ORGANIZATIONS,
    since: SINCE,
    rounds: ROUNDS,
  });

  let unlocksBefore = 0;
  const product = async (round: number): Promise<Figures> => {
    const counted = await countManyEvents(place, connected, { events: EVENTS, event: (n) => sent(round, n) });
    const unlocks = (counted.unlocks - unlocksBefore) / EVENTS;
    unlocksBefore = counted.unlocks;
    // What is taken back stays unlocked, and what takes back unlocks nothing.
    if (Math.abs(unlocks - UNLOCKING_SHARE) > UNLOCKING_SHARE / 4 + REVERSED * UNLOCKING_SHARE)
      throw new Error(`${unlocks} unlocks an event`);
    return { perSecond: counted.counted, takenIn: counted.takenIn, unlocks };
  };
  // The first round gives the bare writes rows to take after.
  await product(-1);
  const bare = await BareEventWrites.open(place);
  let [ours, theirs] = [0, 0];
  const sides: Side[] = [
    {
      name: 'latchkey',
      run: () =>
        withProcessors({ server: server.processorMs, worker: worker.processorMs, ...databases }, () => product(ours++)),
    },
    {
      name: 'bare writes',
      run: () =>
        withProcessors(databases, async () => {
          const round = theirs++;
          const events = Array.from({ length: EVENTS }, (_, n) => ({ ...event(round, n), unlocks: n % 20 === 0 }));
          const startedAt = performance.now();
          await bare.write(events);
          return { perSecond: EVENTS / ((performance.now() - startedAt) / 1000) };
        }),
    },
  ];
  const measured = await sideBySide(sides, ROUNDS, 1);
  const row = (side: string, what: string, figure: string, unit: string, digits = 0): void =>
    report.row({ what: `${side}: ${what}`, unit, digits, values: measured.of(side, figure) });
  const counted = measured.of('latchkey', 'perSecond');
  report.row({ what: 'latchkey: counted', unit: 'events/s', values: counted, mark: { atLeast: AIM_PER_SECOND } });
  row('latchkey', 'taken in', 'takenIn', 'events/s');
  row('latchkey', 'unlocks', 'unlocks', 'an event', 3);
  row('bare writes', 'written', 'perSecond', 'events/s');
  for (const figure of ['server', 'worker']) row('latchkey', figure, `${figure}Us`, 'µs an event', 1);
  for (const { name } of sides) {
    row(name, 'MariaDB', 'mariadbUs', 'µs an event', 1);
    row(name, 'Redis', 'redisUs', 'µs an event', 1);
    row(name, 'generator busy', 'generatorBusy', '%');
  }
  const values = measured.ratio('perSecond', 'latchkey', 'bare writes');
  report.row({ what: 'latchkey : bare writes, events', unit: '', values, digits: 2, mark: { atLeast: 0.3 } });
  const taken = await latencies(connected);
  report.row({
    what: `one event with wait at ${LATENCY_PER_SECOND}/s`,
    unit: 'ms, median',
    values: [quantile(taken, 0.5)],
    digits: 1,
  });
  report.row({
    what: `one event with wait at ${LATENCY_PER_SECOND}/s`,
    unit: 'ms, p99',
    values: [quantile(taken, 0.99)],
    digits: 1,
  });
  report.end();
  connected.client.close();
  await bare.end();
  await Promise.all([server.stop(), worker.stop()]);
}

await withPlace('mariadb', () => Promise.resolve(), measure);
process.exit(0);

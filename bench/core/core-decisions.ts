/**
 * One flag decided by the core against the stock json-rules-engine on the same rules and the same facts, in one process
 * and in interleaved rounds. Prints a table and the ratios.
 *
 *     npm run bench:core
 */
import { Engine } from 'json-rules-engine';
import { evaluate } from '../../src/core/deciding/evaluate.js';
import { parseFlag } from '../../src/core/flags/parse-flag.js';
import { compileSnapshot } from '../../src/core/snapshot/compiling/compile-snapshot.js';
import { HeldUser } from '../../src/core/states/held-user.js';
import { unknownUser } from '../../src/core/states/user-state.js';

const NOW = Date.UTC(2026, 0, 31);
const DAY_MS = 86_400_000;
const ROUNDS = 7;
const ROUND_MS = 400;

const joinedAt = NOW - 30 * DAY_MS;
const total = { count: 12, sum: 0n, activeDays: 3, firstAt: NOW - DAY_MS, lastAt: NOW, recentDays: 1n };
const user = HeldUser.of({
  ...unknownUser('user-1'),
  revision: 1,
  joinedAt,
  emailVerified: true,
  actions: new Map([['report_created', total]]),
});

/** Three conditions that all have to be looked at; `days` tells the rules apart. Only the last rule holds. */
const conditions = (days: number) => ({
  all: [
    { fact: 'emailVerified', operator: 'equal', value: true },
    { fact: 'actionCount', params: { action: 'report_created' }, operator: 'greaterThanInclusive', value: 10 },
    { fact: 'daysSinceJoin', operator: 'greaterThanInclusive', value: days },
  ],
});

function compiled(rules: number) {
  let ids = 0;
  const { flag } = parseFlag({
    key: 'flag',
    input: {
      rules: Array.from({ length: rules }, (_, i) => ({ conditions: conditions(i === rules - 1 ? 7 : 1000 + i) })),
    },
    existing: undefined,
    now: NOW,
    newId: (prefix) => `${prefix}_${ids++}`,
    relock: false,
  });
  return compileSnapshot({ revision: 1, flags: [flag], segments: [], stages: [], actions: [], roleAccess: [] });
}

/** A fresh run each time, as a service would: facts differ from user to user. */
function stock(rules: number): () => Promise<unknown> {
  const engine = new Engine([], { allowUndefinedFacts: true });
  for (let i = 0; i < rules; i++) {
    engine.addRule({ conditions: conditions(i === rules - 1 ? 7 : 1000 + i) as never, event: { type: String(i) } });
  }
  const counts: Record<string, number> = { report_created: 12 };
  engine.addFact('actionCount', (params) => counts[String(params.action)]);
  const facts = { emailVerified: true, daysSinceJoin: Math.floor((NOW - joinedAt) / DAY_MS) };
  return () => engine.run(facts);
}

/** Nanoseconds a call, over one round. */
async function nsPerCall(call: () => unknown, batch: number): Promise<number> {
  const startedAt = performance.now();
  let calls = 0;
  while (performance.now() - startedAt < ROUND_MS) {
    for (let i = 0; i < batch; i++) {
      const result = call();
      if (result instanceof Promise) await result;
    }
    calls += batch;
  }
  return ((performance.now() - startedAt) * 1e6) / calls;
}

const median = (values: number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;

for (const rules of [1, 100]) {
  const snapshot = compiled(rules);
  const run = stock(rules);
  const decide = () => evaluate(snapshot, 'flag', user, undefined, undefined, NOW);
  if (!decide().enabled || ((await run()) as { events: unknown[] }).events.length !== 1)
    throw new Error('the two disagree');
  const [ours, theirs, ratios]: number[][] = [[], [], []];
  await nsPerCall(decide, 1000);
  await nsPerCall(run, 10);
  for (let round = 0; round < ROUNDS; round++) {
    ours!.push(await nsPerCall(decide, 1000));
    theirs!.push(await nsPerCall(run, 10));
    ratios!.push(theirs!.at(-1)! / ours!.at(-1)!);
  }
  const range = `${Math.min(...ratios!).toFixed(0)}–${Math.max(...ratios!).toFixed(0)}`;
  console.log(
    `${rules} rule(s) of three conditions: latchkey ${median(ours!).toFixed(0)} ns, stock engine ${median(theirs!).toFixed(0)} ns, ` +
      `ratio ${median(ratios!).toFixed(0)} (${range} over ${ROUNDS} rounds)`,
  );
}

/**
 * `PreviewRule` over 100,000 stored users with ten counters each, on MariaDB and on SQLite, one server: users a second
 * where 5 % change, where all change, and where all ten counters are read, against the rate at which the same database
 * gives the same rows to plain SQL that does nothing with them; the server's memory; and what one `Evaluate` takes at 100 a
 * second, with no preview under way and with one after another.
 *
 *     npm run build && npm run bench:preview
 *
 * `USERS=1000000` stores more, `ROUNDS=1` goes round less often, `ENGINES=sqlite` leaves one out.
 */
import { readFileSync } from 'node:fs';
import { credentials, Metadata } from '@grpc/grpc-js';
import { AdminServiceClient } from '../../test/gen/latchkey/v1/admin_service.js';
import { EvaluateRequest } from '../../test/gen/latchkey/v1/evaluation.js';
import { type Rule, Rule_Policy, SetFlagRequest } from '../../test/gen/latchkey/v1/flag.js';
import {
  type PreviewResult,
  PreviewRuleRequest,
  type PreviewRuleResponse,
} from '../../test/gen/latchkey/v1/preview.js';
import { median, quantile, told } from '../stand/figures.js';
import { connect } from '../stand/latchkey-client.js';
import { actionName, userName } from '../stand/many-users.js';
import { forEachPlace, type Place, plainReads, USERS } from '../stand/places.js';
import { start } from '../stand/processes.js';

const ROUNDS = Number(process.env.ROUNDS ?? 7);
const COUNTERS = 10;
const PER_PAGE = 100;
const EVALUATIONS = 1_500;
const PER_SECOND = 100;
const TOKEN = 'a-token-for-this-run-alone';

/** 1…100, each as often as any other. */
const countOf = (user: number, action: number): number => ((user * 7 + action * 13) % 100) + 1;
const atLeast = (value: number, action: number) => ({
  ...{ fact: 'actionCount', params: { action: actionName(action) }, operator: 'greaterThanInclusive', value },
});
const below = (value: number, action: number) => ({ ...atLeast(value, action), operator: 'lessThan' });
const rule = (...all: readonly object[]): Partial<Rule> => ({ policy: Rule_Policy.LATCHING, conditions: { all } });

/** For 5 %; then drafts for 10 %, for all others instead, and for these by way of all of their counters. */
const PRESENT = rule(atLeast(96, 0));
const DRAFTS: readonly (readonly [string, Partial<Rule>, number])[] = [
  ['5 % change', rule(atLeast(91, 0)), 1],
  ['all change', rule(below(96, 0)), 1],
  [
    'all change, ten counters',
    rule(below(96, 0), ...Array.from({ length: COUNTERS }, (_, i) => atLeast(1, i))),
    COUNTERS,
  ],
];

async function measure(place: Place): Promise<void> {
  const server = await start(0, ['node', 'dist/main.js', 'serve'], /^latchkey ready/, {
    ...{ DATA_DIR: place.directory, LATCHKEY_ADMIN_TOKEN: TOKEN, LOG_LEVEL: 'warn', ROLES: 'grpc' },
    ...{ GRPC_ADDR: '127.0.0.1:0', HTTP_ADDR: '127.0.0.1:0', OPS_ADDR: '127.0.0.1:0', ...place.environment },
  });
  const address = /grpc=(\S+)/.exec(server.line)![1]!;
  const { client, call } = connect(address, TOKEN);
  const admin = new AdminServiceClient(address, credentials.createInsecure());
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${TOKEN}`);
  await call(client.setFlag, SetFlagRequest.fromPartial({ flag: { key: 'target', rules: [PRESENT] } }));

  const preview = (rule: Partial<Rule>): Promise<PreviewResult> =>
    new Promise((resolve, reject) => {
      const request = PreviewRuleRequest.fromPartial({ flag: { key: 'target', rules: [rule] } });
      const stream = admin.previewRule(request, metadata);
      stream.on('data', ({ event }: PreviewRuleResponse) => {
        if (event?.$case === 'result') resolve(event.value);
      });
      stream.on('error', reject);
    });
  const usersPerSecond = async (rule: Partial<Rule>): Promise<number> => {
    const startedAt = performance.now();
    const { counts } = await preview(rule);
    const users = counts!.wouldUnlock + counts!.wouldLose + counts!.stayOn + counts!.stayOff;
    if (users !== USERS) throw new Error(`${users} of ${USERS} users were looked at`);
    return users / ((performance.now() - startedAt) / 1000);
  };
  const memory = (): number =>
    Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.process.pid}/status`, 'utf8'))![1]) / 1024;

  for (const [, rule] of DRAFTS) await preview(rule);
  const warm = memory();
  let most = warm;
  const sampling = setInterval(() => {
    most = Math.max(most, memory());
  }, 20);
  const rates = new Map(DRAFTS.map(([name]) => [name, { ours: [] as number[], plain: [] as number[] }]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, rule, counters] of DRAFTS) {
      const { ours, plain } = rates.get(name)!;
      ours.push(await usersPerSecond(rule));
      plain.push(await plainReads(place, counters, PER_PAGE));
    }
  }
  clearInterval(sampling);
  for (const [name, { ours, plain }] of rates) {
    const ratios = ours.map((rate, i) => rate / plain[i]!);
    console.log(`${place.name}, ${name}: ${told(ours)} users/s; plain SQL ${told(plain)}/s, ratio ${told(ratios, 2)}`);
  }
  console.log(`${place.name}, memory: ${warm.toFixed(0)} MiB warm, ${most.toFixed(0)} MiB at most thereafter`);

  const evaluations = async (): Promise<readonly number[]> => {
    const taken: number[] = [];
    const calls: Promise<void>[] = [];
    const began = performance.now();
    for (let i = 0; i < EVALUATIONS; i++) {
      const wait = began + (i * 1000) / PER_SECOND - performance.now();
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
      const startedAt = performance.now();
      const request = EvaluateRequest.fromPartial({ flagKey: 'target', context: { userId: userName(i % 100) } });
      calls.push(call(client.evaluate, request).then(() => void taken.push(performance.now() - startedAt)));
    }
    await Promise.all(calls);
    return taken;
  };
  await evaluations();
  const alone = await evaluations();
  const ended = new AbortController();
  const previews = (async () => {
    while (!ended.signal.aborted) await preview(DRAFTS[0]![1]);
  })();
  const beside = await evaluations();
  ended.abort();
  await previews;
  const both = [alone, beside].map(
    (taken) => `median ${median(taken).toFixed(1)} ms, p99 ${quantile(taken, 0.99).toFixed(1)} ms`,
  );
  console.log(`${place.name}, Evaluate at ${PER_SECOND}/s: ${both[0]} alone, ${both[1]} beside previews`);
  client.close();
  admin.close();
  await server.stop();
}

await forEachPlace({ counters: COUNTERS, countOf }, measure);
process.exit(0);

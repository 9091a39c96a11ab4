/**
 * Unary `Evaluate` with a warm cache against a bare grpc-js server that decodes the same request and answers as many
 * bytes. Each server has one processor and the load generator (`h2load`, of nghttp2) the other; rounds alternate.
 *
 *     npm run build && npm run bench:grpc
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EvaluateRequest, EvaluateResponse } from '../test/gen/latchkey/v1/evaluation.js';
import { SetFlagRequest } from '../test/gen/latchkey/v1/flag.js';
import { IdentifyRequest } from '../test/gen/latchkey/v1/user.js';
import { median } from './figures.js';
import { connect } from './latchkey-client.js';
import { pinned, start } from './processes.js';

const ROUNDS = 7;
const CALLS = 60_000;
const IN_FLIGHT = 64;
const TOKEN = 'a-token-for-this-run-alone';

const directory = mkdtempSync(join(tmpdir(), 'latchkey-bench-'));
const typescript = ['node', '--no-warnings', '--import', './test/servers/typescript.mjs'];
const latchkey = await start(0, ['node', 'dist/main.js', 'serve'], /^latchkey ready/, {
  DATABASE_URL: `sqlite:${join(directory, 'latchkey.db')}`,
  DATA_DIR: directory,
  LATCHKEY_ADMIN_TOKEN: TOKEN,
  GRPC_ADDR: '127.0.0.1:0',
  OPS_ADDR: '127.0.0.1:0',
  ROLES: 'grpc,worker',
  LOG_LEVEL: 'warn',
});
const address = /grpc=(\S+)/.exec(latchkey.line)![1]!;

const { client, call } = connect(address, TOKEN);

await call(
  client.setFlag,
  SetFlagRequest.fromPartial({
    flag: {
      key: 'reports',
      rules: [
        {
          conditions: {
            all: [
              { fact: 'emailVerified', operator: 'equal', value: true },
              { fact: 'actionCount', params: { action: 'report_created' }, operator: 'greaterThanInclusive', value: 0 },
              { fact: 'daysSinceJoin', operator: 'greaterThanInclusive', value: 7 },
            ],
          },
        },
      ],
    },
  }),
);
const joinedAt = new Date(Date.now() - 30 * 86_400_000);
await call(client.identify, IdentifyRequest.fromPartial({ userId: 'user-1', emailVerified: true, joinedAt }));

const request = EvaluateRequest.encode(
  EvaluateRequest.fromPartial({ flagKey: 'reports', context: { userId: 'user-1' } }),
).finish();
const response: EvaluateResponse = await call(client.evaluate, EvaluateRequest.decode(request));
if (!response.enabled) throw new Error('the flag is not on');
const bytes = EvaluateResponse.encode(response).finish().length;
const bare = await start(0, [...typescript, 'bench/bare-grpc-server.ts', String(bytes)], /^bare/);
const bareAddress = /grpc=(\S+)/.exec(bare.line)![1]!;

const frame = Buffer.alloc(5 + request.length);
frame.writeUInt32BE(request.length, 1);
frame.set(request, 5);
const body = join(directory, 'frame');
writeFileSync(body, frame);

/** Calls a second that the server answered, all of them with a 2xx and, to latchkey, none refused. */
function load(target: string, calls: number): number {
  const command = ['h2load', '-n', String(calls), '-c', '1', '-m', String(IN_FLIGHT), '-d', body]
    .concat(['-H', 'content-type: application/grpc', '-H', 'te: trailers', '-H', `authorization: Bearer ${TOKEN}`])
    .concat([`http://${target}/latchkey.v1.FeatureService/Evaluate`]);
  const [program, ...words] = pinned(1, command);
  const output = execFileSync(program!, words, { encoding: 'utf8' });
  if (!output.includes(`${calls} succeeded`)) throw new Error(output);
  return Number(/([\d.]+) req\/s/.exec(output)![1]);
}

const [ours, theirs, ratios]: number[][] = [[], [], []];
load(address, CALLS);
load(bareAddress, CALLS);
for (let round = 0; round < ROUNDS; round++) {
  ours!.push(load(address, CALLS));
  theirs!.push(load(bareAddress, CALLS));
  ratios!.push(ours!.at(-1)! / theirs!.at(-1)!);
}
console.log(
  `Evaluate, ${bytes} bytes, ${IN_FLIGHT} in flight: latchkey ${median(ours!).toFixed(0)} calls/s, ` +
    `bare grpc-js ${median(theirs!).toFixed(0)} calls/s, ratio ${median(ratios!).toFixed(2)} ` +
    `(${Math.min(...ratios!).toFixed(2)}–${Math.max(...ratios!).toFixed(2)} over ${ROUNDS} rounds)`,
);
client.close();
await Promise.all([latchkey.stop(), bare.stop()]);
rmSync(directory, { recursive: true, force: true });

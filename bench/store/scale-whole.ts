/** What `scale.ts` asks of a server that has everything: users that it does not hold, all flags at once, everybody. */
import { AdminServiceClient } from '../../test/gen/latchkey/v1/admin_service.js';
import { BatchEvaluateRequest } from '../../test/gen/latchkey/v1/evaluation.js';
import { Rule_Policy } from '../../test/gen/latchkey/v1/flag.js';
import { PreviewRuleRequest, type PreviewRuleResponse } from '../../test/gen/latchkey/v1/preview.js';
import { EVALUATE_PATH, encoded, evaluateRequest } from '../calls/grpc-stand.js';
import { loadFigures } from '../calls/load-figures.js';
import { type Loaded, loadUnary } from '../load/grpc-load.js';
import { getRequest, loadGets } from '../load/http1-load.js';
import { conditionsOf } from '../stand/asked.js';
import { databasePid } from '../stand/database-process.js';
import { connectTo } from '../stand/latchkey-client.js';
import { flagKey } from '../stand/many-flags.js';
import { userName } from '../stand/many-users.js';
import type { Place } from '../stand/places.js';
import { processorMsOf, residentMib, type serve, TOKEN } from '../stand/processes.js';
import type { Report } from '../stand/report.js';

type Server = Awaited<ReturnType<typeof serve>>;

const BATCH_PATH = '/latchkey.v1.FeatureService/BatchEvaluate';
const IN_FLIGHT = 64;
/** Of the users who are asked for all flags; each is held by then. */
const SOME_USERS = 50;
const WHOLE_CALLS = 200;
const WARM_UP_CALLS = 50;

export interface Whole {
  readonly users: number;
  readonly flags: number;
  /** The first user who has not been asked for yet. */
  readonly firstCold: number;
  readonly cold: number;
}

export async function measureWhole(server: Server, place: Place, report: Report, whole: Whole): Promise<void> {
  await measureCold(server, place, report, whole);
  await measureAllFlags(server, report, whole);
  await measurePreview(server, place, report, whole);
}

async function measureCold(server: Server, place: Place, report: Report, { firstCold, cold }: Whole): Promise<void> {
  const requests = Array.from({ length: cold }, (_, n) => encoded(evaluateRequest(firstCold + n, 1)));
  const asked = { address: server.grpcAddress, path: EVALUATE_PATH, tokens: [TOKEN], requests };
  const database = await databasePid(place);
  const usedMs = processorMsOf(database);
  const figures = await loadFigures(server, () =>
    loadUnary({ ...asked, inFlight: IN_FLIGHT, calls: cold, mayBeRefused: cold / 50 }),
  );
  const databaseUs = ((processorMsOf(database) - usedMs) * 1000) / cold;
  const row = (what: string, unit: string, value: number) => report.row({ what, unit, values: [value] });
  row('cold users', 'users/s', figures.perSecond!);
  row("cold users: server's processor", 'µs a user', figures.serverUs!);
  row("cold users: MariaDB's processor", 'µs a user', databaseUs);
  row('cold users: p99', 'ms', figures.p99Ms!);
}

/** All flags of a user who is held, one call after the other. */
async function measureAllFlags(server: Server, report: Report, { flags }: Whole): Promise<void> {
  const users = Array.from({ length: SOME_USERS }, (_, n) => userName(n));
  const batches = users.map((userId) =>
    BatchEvaluateRequest.encode(BatchEvaluateRequest.fromPartial({ contexts: [{ userId }] })).finish(),
  );
  const lists = users.map((userId) =>
    getRequest(`/api/feature-flags/?user_id=${userId}`, { authorization: `Bearer ${TOKEN}` }),
  );
  const batch = (calls: number) =>
    loadUnary({
      ...{ address: server.grpcAddress, path: BATCH_PATH, tokens: [TOKEN], requests: batches },
      ...{ inFlight: 1, calls },
    });
  const list = (calls: number) => loadGets({ address: server.httpAddress, requests: lists, inFlight: 1, calls });
  const measure = async (what: string, load: (calls: number) => Promise<Loaded>): Promise<void> => {
    await load(WARM_UP_CALLS);
    const figures = await loadFigures(server, () => load(WHOLE_CALLS));
    report.row({ what, unit: 'ms, median', values: [figures.p50Ms!], digits: 1 });
    report.row({ what: `${what}: p99`, unit: 'ms', values: [figures.p99Ms!], digits: 1 });
    report.row({ what: `${what}: server's processor`, unit: 'ms', values: [figures.serverUs! / 1000], digits: 1 });
    report.row({ what: `${what}: an answer`, unit: 'KiB', values: [figures.answerBytes! / 1024] });
  };
  await measure(`BatchEvaluate of all ${flags} flags`, batch);
  await measure(`list of all ${flags} flags`, list);
}

/** A draft that reads one counter of everybody. */
async function measurePreview(server: Server, place: Place, report: Report, { users }: Whole): Promise<void> {
  const { client, metadata } = connectTo(AdminServiceClient, server.grpcAddress, TOKEN);
  const draft = { conditions: conditionsOf(3), policy: Rule_Policy.LATCHING };
  const request = PreviewRuleRequest.fromPartial({ flag: { key: flagKey(1), rules: [draft] } });
  const database = await databasePid(place);
  const [serverMs, databaseMs] = [server.processorMs(), processorMsOf(database)];
  let most = 0;
  const sampling = setInterval(() => {
    most = Math.max(most, residentMib(server.process.pid!));
  }, 50);
  const startedAt = performance.now();
  const looked = await new Promise<number>((resolve, reject) => {
    const stream = client.previewRule(request, metadata);
    stream.on('data', ({ event }: PreviewRuleResponse) => {
      if (event?.$case !== 'result') return;
      const { wouldUnlock, wouldLose, stayOn, stayOff } = event.value.counts!;
      resolve(wouldUnlock + wouldLose + stayOn + stayOff);
    });
    stream.on('error', reject);
  });
  const seconds = (performance.now() - startedAt) / 1000;
  clearInterval(sampling);
  client.close();
  if (looked !== users) throw new Error(`the preview looked at ${looked} of ${users} users`);
  const row = (what: string, unit: string, value: number) => report.row({ what, unit, values: [value] });
  row('preview', 'users/s', users / seconds);
  row("preview: server's processor", 'µs a user', ((server.processorMs() - serverMs) * 1000) / users);
  row("preview: MariaDB's processor", 'µs a user', ((processorMsOf(database) - databaseMs) * 1000) / users);
  row('preview: resident at most', 'MiB', most);
}

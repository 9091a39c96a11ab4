import type { Loaded } from '../load/grpc-load.js';
import { quantile } from '../stand/figures.js';
import type { Started } from '../stand/processes.js';
import type { Figures } from '../stand/rounds.js';

/** Makes a load and gives its figures, with what the server and this process had of their processors. */
export async function loadFigures(server: Pick<Started, 'processorMs'>, load: () => Promise<Loaded>): Promise<Figures> {
  const [serverMs, loader] = [server.processorMs(), process.cpuUsage()];
  const { answers, seconds, latenciesMs, bytes } = await load();
  const usedMs = server.processorMs() - serverMs;
  const { user, system } = process.cpuUsage(loader);
  return {
    perSecond: answers / seconds,
    serverUs: (usedMs * 1000) / answers,
    serverBusy: usedMs / 10 / seconds,
    loaderBusy: (user + system) / 10_000 / seconds,
    p50Ms: quantile([...latenciesMs], 0.5),
    p99Ms: quantile([...latenciesMs], 0.99),
    answerBytes: bytes / answers,
  };
}

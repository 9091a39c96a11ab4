import type { Loaded } from '../load/grpc-load.js';
import { quantile } from '../stand/figures.js';
import type { Started } from '../stand/processes.js';
import type { Figures } from '../stand/rounds.js';

/** Makes a load and gives its figures, with what the server and this process had of their processors. */
export async function loadFigures(server: Pick<Started, 'processorMs'>, load: () => Promise<Loaded>): Promise<Figures> {
  const [serverMs, loader] = [server.processorMs(), process.cpuUsage()];
  const { answers, seconds, latenciesMs, bytes, refused } = await load();
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
    refused,
  };
}

const ATTEMPTS = 30;
const PAUSE_MS = 500;

/** Fills the caches by a load. On a busy machine the store may not answer in time at first: then it is tried again. */
export async function warmUp(load: () => Promise<Loaded>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await load();
      return;
    } catch (error) {
      if (attempt === ATTEMPTS) throw error;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}

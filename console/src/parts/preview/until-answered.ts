import { ApiError } from '../../api/api-error.js';
import { mayPass } from '../../api/query-client.js';

const ATTEMPTS = 4;
const AGAIN_MS = 1_000;

/** What `ask` gives, asked again where the server has no room for it now, or is away, when it says that trying again may help. */
export async function untilAnswered<T>(ask: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await ask();
    } catch (error) {
      if (signal.aborted || attempt === ATTEMPTS || !mayPass(error)) throw error;
      await pause((error instanceof ApiError ? error.retryMs : undefined) ?? attempt * AGAIN_MS, signal);
    }
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer);
        reject(signal.reason);
      },
      { once: true },
    );
  });
}

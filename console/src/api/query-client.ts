import { type Query, QueryClient } from '@tanstack/react-query';
import { ApiError } from './api-error.js';

const SECOND_MS = 1_000;

/** Whether trying again by itself may help: what is away comes back, and limits end; what is refused stays refused. */
export function mayPass(error: unknown): boolean {
  return error instanceof ApiError && (error.kind === 'away' || error.kind === 'limited');
}

const AWAY_MS = 5 * SECOND_MS;
/** How often a page in sight asks again for what changes without the stream telling of it: what people do, and are said to be by events. */
export const UNTOLD_MS = 30 * SECOND_MS;

type Asked<Data> = { readonly state: Pick<Query<Data>['state'], 'data' | 'error'> };

/** Of what the stream does not tell of, whenever it is due. Browsers do not ask for tabs that nobody sees. */
export function askUntold<Data>({ state }: Asked<Data>, everyMs = UNTOLD_MS): number {
  return mayPass(state.error) ? AWAY_MS : everyMs;
}

/** Holds what the server answered. What is away is asked for again, for as long as the page shows it. */
export function makeQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 10 * SECOND_MS,
        retry: (failures, error) => mayPass(error) && failures < 2,
        retryDelay: (failures, error) => waitMs(failures, error),
        refetchInterval: ({ state }) => (mayPass(state.error) ? AWAY_MS : false),
        refetchOnWindowFocus: true,
        networkMode: 'always',
      },
      mutations: { networkMode: 'always' },
    },
  });
}

function waitMs(failures: number, error: unknown): number {
  if (error instanceof ApiError && error.retryMs !== undefined) return error.retryMs;
  return Math.min(SECOND_MS * 2 ** failures, 10 * SECOND_MS) * (0.75 + Math.random() / 2);
}

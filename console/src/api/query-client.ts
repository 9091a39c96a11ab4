import { QueryClient } from '@tanstack/react-query';
import { ApiError } from './api-error.js';

const SECOND_MS = 1_000;

/** Whether trying again by itself may help: what is away comes back, and limits end; what is refused stays refused. */
export function mayPass(error: unknown): boolean {
  return error instanceof ApiError && (error.kind === 'away' || error.kind === 'limited');
}

/** Holds what the server answered. What is away is asked for again, for as long as the page shows it. */
export function makeQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 10 * SECOND_MS,
        retry: (failures, error) => mayPass(error) && failures < 2,
        retryDelay: (failures, error) => waitMs(failures, error),
        refetchInterval: ({ state }) => (mayPass(state.error) ? 5 * SECOND_MS : false),
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

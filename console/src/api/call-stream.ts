import type { AdminRoutes } from '../../../src/protocol/gen/admin-json.js';
import { type CallOf, type Route, requestOf } from './api.js';
import { ApiError } from './api-error.js';

/** What a route of the administration sends line by line, without what tells of a failure. */
export type EventOf<R extends Route> = Exclude<AdminRoutes[R]['response'], { error: unknown }>;

/**
 * Calls a route of the administration that answers with a line of JSON for each step, and hands on each as it comes. Resolves when the
 * last one has come; rejects with {@link ApiError}, also where the server tells of a failure in a line.
 */
export async function callStream<R extends Route>(
  route: R,
  given: CallOf<R>,
  onEvent: (event: EventOf<R>) => void,
): Promise<void> {
  const response = await requestOf(route, given);
  if (response.body === null) return;
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  const take = (line: string): void => {
    if (line.trim() === '') return;
    const event = JSON.parse(line) as AdminRoutes[R]['response'];
    if (typeof event === 'object' && 'error' in event && event.error !== null && typeof event.error === 'object') {
      const problem = event.error as NonNullable<ApiError['problem']>;
      throw new ApiError(problem.status, problem);
    }
    onEvent(event as EventOf<R>);
  };
  for (;;) {
    const { done, value = '' } = await reader.read();
    const lines = (rest + value).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) take(line);
    if (done) break;
  }
  take(rest);
}

import type { Caller } from '../calls/caller.js';
import type { JsonObject, JsonValue } from '../core/values/json.js';
import { type HttpCall, httpCalls } from '../protocol/http/http-calls.js';
import type { CallContext } from '../protocol/rpcs/method.js';
import type { ServiceSet } from '../services/service-set.js';

/** Who sets a test server up, as the audit names it. */
export const OPERATOR: CallContext<Caller> = {
  caller: { kind: 'machine', tokenId: 'test-server', scopes: new Set(['admin']), organizationId: '' },
  requestId: 'test-server',
  signal: new AbortController().signal,
};

const PREFIX = 'api/admin/';

/**
 * The administration's calls without the network: the same JSON, read by the same reader and served by the same handlers as
 * under `/api/admin`.
 */
export class Administration {
  readonly #calls: ReadonlyMap<string, HttpCall>;

  constructor(services: ServiceSet) {
    this.#calls = new Map(httpCalls(services).map((call) => [nameOf(call), call]));
  }

  /**
   * Calls a route like `PATCH users/{}/progress` with the values of its variables. Rejects as the administration does, with
   * `where` said before the message.
   */
  async call(route: string, where: string, variables: readonly string[], body: unknown): Promise<JsonObject> {
    const answer = this.#calls.get(route)?.answer;
    if (answer === undefined) throw new Error(`the administration has no route ${route}`);
    const request = { path: variables, query: new Map(), body: jsonOf(body), precondition: undefined };
    try {
      return (await answer(request, OPERATOR)).json;
    } catch (error) {
      if (error instanceof Error) error.message = `${where}: ${error.message}`;
      throw error;
    }
  }
}

function nameOf({ route: { verb, path } }: HttpCall): string {
  const whole = path.map((segment) => (typeof segment === 'string' ? segment : '{}')).join('/');
  return `${verb} ${whole.startsWith(PREFIX) ? whole.slice(PREFIX.length) : whole}`;
}

/** What a client would send: dates as text, members that are undefined left out. */
function jsonOf(body: unknown): JsonValue {
  return JSON.parse(JSON.stringify(body ?? {})) as JsonValue;
}

import { SignJWT } from 'jose';
import type { ContextConfig } from '../../config/context-config.js';
import { authenticatorOf } from '../../identity/authenticator-of.js';
import type { JwtOptions } from '../../identity/jwt-options.js';
import { OpenFeatureResolver } from '../../openfeature/resolver.js';
import type { Scope } from '../../store/token-store.js';
import { type EmbeddedLatchkey, startEmbedded } from '../../testing/embedded-latchkey.js';
import { openRestDoor, type RestDoor } from '../rest-door.js';
import type { EndedRequest } from '../server/observe.js';
import type { RestDoorOptions } from '../server/rest-options.js';

const JWT_SECRET = 'a shared secret of more than thirty-two bytes';

export const JWT_OPTIONS: JwtOptions = {
  key: { kind: 'secret', secret: JWT_SECRET },
  issuer: undefined,
  audiences: [],
  audienceClaim: undefined,
  userClaim: 'sub',
  organizationClaim: 'org',
  rolesClaim: 'roles',
  platform: { claim: 'groups', value: 'latchkey-operators' },
  sync: false,
  cachedTokens: 1_000,
};

export interface Ask {
  readonly method?: string;
  /** None: nobody in particular. */
  readonly token?: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent as it is. */
  readonly raw?: string | Uint8Array<ArrayBuffer>;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** undefined when the body is no JSON. */
  readonly json: unknown;
}

/** Asks a door over the network. */
export async function askOf(origin: string, path: string, { method, token, body, raw, headers = {} }: Ask = {}) {
  const sent = raw ?? (body === undefined ? undefined : JSON.stringify(body));
  const response = await fetch(`${origin}${path}`, {
    method: method ?? (sent === undefined ? 'GET' : 'POST'),
    ...(sent === undefined ? {} : { body: sent }),
    headers: {
      ...(sent === undefined ? {} : { 'content-type': 'application/json' }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...headers,
    },
  });
  const text = await response.text();
  const isJson = /json(?:;|$)/.test(response.headers.get('content-type') ?? '');
  const answer: Answer = {
    status: response.status,
    headers: response.headers,
    text,
    json: isJson && text !== '' ? (JSON.parse(text) as unknown) : undefined,
  };
  return answer;
}

/** A person's token, as an issuer with the shared secret signs it; valid for five minutes unless `claims` says else. */
export function personToken(claims: Record<string, unknown>, secret = JWT_SECRET): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  return new SignJWT({ iat: now, exp: now + 300, ...claims })
    .setProtectedHeader({ alg: 'HS256' })
    .sign(Buffer.from(secret));
}

/** How a stand's door differs from the usual one; `jwt` says how people's tokens are checked. Visitors are let in by `contexts`. */
export type StandOptions = Partial<
  RestDoorOptions & {
    readonly jwt: JwtOptions | undefined;
    readonly contexts: ContextConfig | undefined;
  }
>;

export interface RestStand {
  readonly latchkey: EmbeddedLatchkey;
  readonly door: RestDoor;
  /** What the observer was told. */
  readonly ended: readonly EndedRequest[];
  ask(path: string, ask?: Ask): Promise<Answer>;
  /** Opens another door on the same services for as long as `use` takes. */
  withDoor(options: StandOptions, use: (door: RestDoor, origin: string) => Promise<void>): Promise<void>;
  /** A new machine token. */
  machine(scopes: readonly Scope[], organizationId?: string): Promise<string>;
  /** Creates or changes a flag. */
  flag(key: string, input?: object): Promise<void>;
  close(): Promise<void>;
}

/** All that an observer can ask of a request when it ends. */
export function noted(request: EndedRequest): EndedRequest {
  const { door, route, method, status, durationMs, requestId, caller, peer, error, unexpected } = request;
  return { door, route, method, status, durationMs, requestId, caller, peer, error, unexpected };
}

/** A whole Latchkey on SQLite with this door on a free port, and people by {@link personToken}. */
export async function startRestStand(options: StandOptions = {}): Promise<RestStand> {
  const latchkey = await startEmbedded({ ROLES: 'worker' });
  const { services, operator } = latchkey;
  const ended: EndedRequest[] = [];
  const defaults: Omit<RestDoorOptions, 'authenticator' | 'resolver'> = {
    services,
    address: '127.0.0.1:0',
    ready: () => ({ ready: true, degraded: false }),
    metrics: () => 'latchkey_up 1\n',
    observer: { callEnded: () => undefined },
  };
  const observer = { callEnded: (request: EndedRequest) => void ended.push(noted(request)) };
  const open = ({ jwt, contexts, ...others }: StandOptions): Promise<RestDoor> => {
    const authenticator = authenticatorOf({ services, jwt, visitors: contexts?.visitors });
    const resolver = new OpenFeatureResolver(services.evaluation, contexts);
    return openRestDoor({ ...defaults, authenticator, resolver, ...others });
  };
  const door = await open({ jwt: JWT_OPTIONS, observer, ...options });
  return {
    latchkey,
    door,
    ended,
    ask: (path, ask) => askOf(`http://${door.address}`, path, ask),
    async withDoor(others, use) {
      const another = await open({ jwt: JWT_OPTIONS, ...others });
      try {
        await use(another, `http://${another.address}`);
      } finally {
        await another.drain(0);
      }
    },
    async machine(scopes, organizationId = '') {
      const input = { name: 'test', scopes, organizationId, expiresAt: undefined, comment: '' };
      return (await services.tokens.create(operator, input)).secret;
    },
    async flag(key, input = {}) {
      const change = { expectedVersion: undefined, onRuleChange: 'KEEP', comment: '' } as const;
      await services.flags.set(operator, {
        ...change,
        keyOrId: key,
        mustExist: false,
        input,
        access: [],
        removeAccess: [],
      });
    },
    async close() {
      await door.drain(1_000);
      await latchkey.close();
    },
  };
}

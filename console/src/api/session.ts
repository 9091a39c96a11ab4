import { apiUrl, errorOf, send } from './api.js';
import { noteServerTime } from './server-clock.js';
import type { SessionTimes } from './session-clock.js';
import { dropView, viewedOrganization } from './view-as.js';

/** Who is signed in and what they may, as `GET /api/session` answers. */
export interface Session {
  readonly caller: {
    readonly kind: 'token' | 'person';
    readonly id: string;
    readonly name: string;
    /** Empty: the platform. */
    readonly organization_id: string;
    readonly scopes: readonly string[];
  };
  /** What they may call below /api/admin, by name: `SetFlag`. */
  readonly operations: readonly string[];
  /** RFC 3339. */
  readonly session: null | { readonly id: string; readonly expires_at: string; readonly idle_expires_at: string };
  /** What this deployment is called; may be empty. */
  readonly environment: string;
  readonly version: string;
  /** Where the server that answers takes gRPC, by its own address; null where it does not. */
  readonly grpc: null | { readonly host: string; readonly port: number; readonly tls: boolean };
}

const address = (): string => apiUrl('/api/session');

/** Asks for the session. A view that who is signed in by now may not have ends: it would have everything refused, the way out of it, too. */
async function askForSession(): Promise<Response> {
  const response = await send(address(), { headers: {} });
  noteServerTime(response);
  if (response.status !== 403 || viewedOrganization() === '') return response;
  dropView();
  return send(address(), { headers: {} });
}

/** Who is signed in; undefined for nobody. Rejects with ApiError. */
export async function currentSession(): Promise<Session | undefined> {
  const response = await askForSession();
  if (response.ok) return (await response.json()) as Session;
  if (response.status === 401) return undefined;
  throw await errorOf(response);
}

/** Uses the session, so that it goes on, and tells how long it lasts; undefined where it is over. Rejects with ApiError. */
export async function renewedTimes(): Promise<SessionTimes | undefined> {
  const response = await askForSession();
  if (response.status === 401) return undefined;
  if (!response.ok) throw await errorOf(response);
  const { session } = (await response.json()) as Session;
  if (session === null) return undefined;
  const now = Date.parse(response.headers.get('date') ?? '');
  const left = (at: string) => Date.parse(at) - (Number.isNaN(now) ? Date.now() : now);
  return { idleMs: left(session.idle_expires_at), endsAt: Date.now() + left(session.expires_at) };
}

/** Exchanges a token for a session. Rejects with ApiError. */
export async function signIn(token: string): Promise<Session> {
  const response = await send(address(), { method: 'POST', body: JSON.stringify({ token }), headers: {} });
  if (!response.ok) throw await errorOf(response);
  const session = (await response.json()) as Session;
  // What is seen as somebody else only the session itself tells.
  return viewedOrganization() === '' ? session : ((await currentSession()) ?? session);
}

/** Ends the session. One that is over already is no failure. */
export async function signOut(): Promise<void> {
  const response = await send(address(), { method: 'DELETE', headers: {} });
  if (!response.ok && response.status !== 401) throw await errorOf(response);
}

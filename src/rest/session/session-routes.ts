import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import { actorOf, type Caller } from '../../calls/caller.js';
import { forbidden, invalid, LatchkeyError, unauthenticated } from '../../calls/errors.js';
import { CallRate } from '../../calls/limits/call-rate.js';
import { networkOf } from '../../calls/limits/failed-authentications.js';
import { asOperator, operationsOf } from '../../calls/permissions.js';
import { idleEndOf, type SigningIn } from '../../services/tokens/sessions.js';
import { rfc3339 } from '../json/flag-json.js';
import { problems } from '../json/problem-schema.js';
import { callerOf } from '../server/call.js';
import { requireOwnPage, requireOwnSignIn } from './same-origin.js';
import { SessionCallers, type SessionCallersOptions } from './session-callers.js';
import { clearingCookie, sessionCookie } from './session-cookie.js';

export interface SessionRouteOptions extends SessionCallersOptions {
  /** How often each caller may call. */
  readonly requests: CallRate;
  /** How often one address may try to sign in, and as often to sign out, a minute; 0 for any number. */
  readonly signInsPerMinute?: number | undefined;
  /** What people call this deployment; '' for nothing. */
  readonly environmentName?: string | undefined;
  /** The version of Latchkey. */
  readonly version?: string | undefined;
  /** Where this server listens for gRPC; undefined where it does not. */
  readonly grpc?: { readonly address: string; readonly tls: boolean } | undefined;
}

const SignInSchema = Type.Object(
  {
    token: Type.String({
      minLength: 1,
      maxLength: 16_384,
      description: 'A machine token, or the JWT of a person who administers the platform or an organization.',
    }),
  },
  { additionalProperties: false },
);

const Instant = Type.String({ format: 'date-time' });

const SessionSchema = Type.Object({
  caller: Type.Object({
    kind: Type.Union([Type.Literal('token'), Type.Literal('person')]),
    id: Type.String({ description: 'The token’s id, or the person’s.' }),
    name: Type.String({ description: 'The token’s name, or the person’s id.' }),
    organization_id: Type.String({ description: 'The organization that they are confined to; empty: the platform.' }),
    scopes: Type.Array(Type.String(), { description: 'The token’s.' }),
  }),
  operations: Type.Array(Type.String(), {
    description: 'What they may call below /api/admin, by the names of docs/security.md.',
  }),
  session: Type.Union([
    Type.Null(),
    Type.Object({
      id: Type.String(),
      created_at: Instant,
      expires_at: Type.String({ format: 'date-time', description: 'When it is over, whatever it is used for.' }),
      idle_expires_at: Type.String({ format: 'date-time', description: 'When it is over if it is not used before.' }),
    }),
  ]),
  environment: Type.String({ description: 'What this deployment is called.' }),
  version: Type.String({ description: 'The version of Latchkey.' }),
  grpc: Type.Union([Type.Null(), Type.Object({ host: Type.String(), port: Type.Integer(), tls: Type.Boolean() })], {
    description: 'Where this server listens for gRPC by its own GRPC_ADDR, and whether by TLS; null where it does not.',
  }),
});

const PATH = '/api/session';
const TAGS = ['session'];

/** `/api/session`: signs in with a token, says who is signed in and what they may, and signs out. */
export function sessionRoutes(app: FastifyInstance, options: SessionRouteOptions): void {
  const { services, authenticator, requests, signInsPerMinute = 0 } = options;
  const { sessions } = services;
  const callers = new SessionCallers(options);
  const rate = new CallRate(signInsPerMinute, { what: 'attempts to sign in from one address' });
  // Whoever signs out needs no session that is good: without a bound anybody could have the store look for made-up secrets.
  const signOuts = new CallRate(signInsPerMinute, { what: 'attempts to sign out from one address' });
  app.addHook('onRequest', (_request, reply, done) => {
    reply.header('cache-control', 'no-store');
    done();
  });

  app.post<{ Body: Static<typeof SignInSchema> }>(
    PATH,
    {
      schema: {
        summary: 'Signs in: exchanges a token for a session, in a cookie',
        tags: TAGS,
        security: [],
        body: SignInSchema,
        response: { 200: SessionSchema, ...problems(400, 401, 403, 413, 415, 429, 503) },
      },
      onRequest: async (request) => {
        rate.take(networkOf(request.ip));
        if (request.headers.authorization !== undefined)
          throw invalid('the token to sign in with is in the body, {"token": …}; leave "authorization" out');
        requireOwnSignIn(request);
      },
    },
    async (request, reply) => {
      const caller = await signingIn(() => authenticator.of(request.body.token, { getPeer: () => request.ip }));
      request.caller = caller;
      // What cookies the request has may be refused: then nothing has begun.
      const former = await callers.secretOf(request);
      const { session, secret } = await sessions.begin({ caller, requestId: request.id });
      // Who signs in anew has no more use for the session before.
      if (former !== undefined) await sessions.end(former, request.id);
      const life = session.expiresAt! - session.createdAt;
      reply.header('set-cookie', sessionCookie(await callers.cookieOf(request), secret, life));
      return answer(options, { ...caller, sessionId: session.id }, { session, now: session.createdAt });
    },
  );

  app.get(
    PATH,
    {
      schema: {
        summary: 'Who calls and what they may; keeps the session from running out',
        tags: TAGS,
        response: { 200: SessionSchema, ...problems(400, 401, 403, 429, 503) },
      },
      onRequest: async (request) => {
        request.caller = administering(await callers.caller(request));
        requests.take(actorOf(request.caller));
      },
    },
    async (request) => {
      const caller = callerOf(request) as SigningIn;
      return answer(options, caller, { session: sessions.whoIs(caller).session, now: Date.now() });
    },
  );

  app.delete(
    PATH,
    {
      schema: {
        summary: 'Signs out: ends the session, one that is over already too, and takes the cookie away',
        tags: TAGS,
        response: { 200: Type.Object({}), ...problems(400, 401, 403, 429, 503) },
      },
      onRequest: async (request) => signOuts.take(networkOf(request.ip)),
    },
    (request, reply) => signOut(request, reply),
  );

  async function signOut(request: FastifyRequest, reply: FastifyReply): Promise<object> {
    const secret = await callers.secretOf(request);
    if (secret === undefined) throw unauthenticated('the request carries no session’s cookie: nobody is signed in');
    if (request.headers.authorization !== undefined)
      throw invalid('the request carries a session’s cookie and "authorization"; send the cookie alone');
    requireOwnPage(request);
    await sessions.end(secret, request.id);
    reply.header('set-cookie', clearingCookie(await callers.cookieOf(request)));
    return {};
  }
}

/** Who signs in. What is wrong with a token is told to nobody who tries them: neither that there was one, nor that it is over. */
async function signingIn(find: () => Caller | Promise<Caller>): Promise<SigningIn> {
  let caller: Caller;
  try {
    caller = await find();
  } catch (error) {
    if (!(error instanceof LatchkeyError) || error.code !== 'UNAUTHENTICATED') throw error;
    throw unauthenticated(
      'this token signs nobody in here: check that it is complete, for this server, and still good',
    );
  }
  return administering(caller);
}

/** The caller as the administration knows them. Rejects with FORBIDDEN who may call nothing there. */
function administering(caller: Caller): SigningIn {
  const operator = asOperator(caller);
  if (operator === undefined || operationsOf(operator).length === 0) {
    throw forbidden('a session is for the administration, of which this caller may call nothing');
  }
  return operator;
}

function answer(
  { services, environmentName = '', version = '', grpc }: SessionRouteOptions,
  caller: SigningIn,
  { session, now }: Pick<ReturnType<typeof services.sessions.whoIs>, 'session'> & { readonly now: number },
): Static<typeof SessionSchema> {
  const isToken = caller.kind === 'machine';
  return {
    caller: {
      kind: isToken ? 'token' : 'person',
      id: isToken ? caller.tokenId : caller.userId,
      name: services.sessions.whoIs(caller).name,
      organization_id: caller.organizationId,
      scopes: isToken ? [...caller.scopes] : [],
    },
    operations: [...operationsOf(caller)],
    session:
      session === undefined
        ? null
        : {
            id: session.id,
            created_at: rfc3339(session.createdAt),
            expires_at: rfc3339(session.expiresAt!),
            idle_expires_at: rfc3339(idleEndOf(session, now)),
          },
    environment: environmentName,
    version,
    // Where the server itself listens is its operators' business: whoever is bound to an organization makes no flag that services would ask for.
    grpc: grpc === undefined || caller.organizationId !== '' ? null : { ...placeOf(grpc.address), tls: grpc.tls },
  };
}

/** An address that is listened on: `127.0.0.1:50051`, `[::1]:50051`. */
function placeOf(address: string): { readonly host: string; readonly port: number } {
  const { hostname, port } = new URL(`grpc://${address}`);
  return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) };
}

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import { bearerTokenOf } from '../../calls/call-headers.js';
import { actorOf, type Caller } from '../../calls/caller.js';
import type { CallRate } from '../../calls/limits/call-rate.js';
import type { JsonObject } from '../../core/values/json.js';
import type { Authenticator } from '../../identity/authenticator.js';
import { OVERRIDES_HEADER } from '../../identity/call-overrides.js';
import { isFault } from '../../openfeature/resolution.js';
import type { OpenFeatureResolver } from '../../openfeature/resolver.js';
import { callOf } from '../server/call.js';
import { matches } from '../server/etag.js';
import { toldOf } from '../server/problem.js';
import { addVary } from '../server/vary.js';
import type { BulkAnswers } from './bulk-answers.js';
import { habitsOf } from './client-habits.js';
import { failureOf, faultAnswer, faultyPart, type OfrepFailure, resolutionJson } from './ofrep-json.js';
import {
  BULK_ANSWERS,
  BulkHeadersSchema,
  EVALUATION_ANSWERS,
  EvaluationRequestSchema,
  RefetchQuerySchema,
} from './ofrep-schema.js';

export interface OfrepRouteOptions {
  readonly resolver: OpenFeatureResolver;
  readonly answers: BulkAnswers;
  readonly authenticator: Authenticator;
  readonly rate: CallRate;
}

const PREFIX = '/ofrep/v1/evaluate/';
const PATH = `${PREFIX}flags`;
const JSON_TYPE = 'application/json; charset=utf-8';
/** By which schemes of the document callers may say who they are. */
const CREDENTIALS = [{ bearer: [] }, { apiKey: [] }];
/** The same where visitors are let in, who have none to send. */
const CREDENTIALS_OR_NONE = [...CREDENTIALS, {}];

const KeySchema = Type.Object({ key: Type.String({ description: 'The key of the flag.' }) });

type EvaluationRequest = Static<typeof EvaluationRequestSchema>;

/**
 * The OpenFeature Remote Evaluation Protocol, version 0.3: `POST /ofrep/v1/evaluate/flags/:key` for one flag, and
 * `POST /ofrep/v1/evaluate/flags` for all. What fails is told in the protocol's own form.
 */
export function ofrepRoutes(app: FastifyInstance, { resolver, answers, authenticator, rate }: OfrepRouteOptions): void {
  const security = authenticator.takesVisitors ? CREDENTIALS_OR_NONE : CREDENTIALS;
  app.setErrorHandler(answerWithFailure);
  app.addHook('onRequest', async (request, reply) => {
    addVary(reply, 'Authorization, X-API-Key');
    sayJson(request);
    request.caller = await callerOf(request, authenticator);
    rate.take(actorOf(request.caller));
  });
  // A request without a body asks without a context.
  app.addHook('preValidation', async (request) => {
    request.body ??= {};
    request.caller = authenticator.overrides.carriedBy(request.caller!, request.headers[OVERRIDES_HEADER]);
  });

  app.post<{ Params: Static<typeof KeySchema>; Body: EvaluationRequest }>(
    `${PATH}/:key`,
    {
      schema: {
        summary: 'One flag, for OpenFeature clients',
        tags: ['ofrep'],
        security,
        params: KeySchema,
        querystring: RefetchQuerySchema,
        body: EvaluationRequestSchema,
        response: EVALUATION_ANSWERS,
      },
    },
    async (request, reply) => {
      const resolution = await resolver.resolve(callOf(request, reply), request.params.key, contextOf(request));
      if (isFault(resolution)) return send(reply, faultAnswer(resolution));
      const habits = habitsOf(request.headers['user-agent']);
      return reply
        .header('cache-control', 'no-store')
        .type(JSON_TYPE)
        .send(JSON.stringify(resolutionJson(resolution, habits.needsValue)));
    },
  );

  app.post<{ Body: EvaluationRequest; Querystring: Static<typeof RefetchQuerySchema> }>(
    PATH,
    {
      schema: {
        summary: 'All flags of the caller, for OpenFeature clients',
        tags: ['ofrep'],
        security,
        querystring: RefetchQuerySchema,
        headers: BulkHeadersSchema,
        body: EvaluationRequestSchema,
        response: BULK_ANSWERS,
      },
    },
    async (request, reply) => {
      const [call, context, told] = [callOf(request, reply), contextOf(request), request.query.flagConfigEtag];
      const { knowsNoStreams: streamless } = habitsOf(request.headers['user-agent']);
      const answer = await (told === undefined
        ? answers.answer(call, context, { streamless })
        : answers.answerTold(call, context, told));
      reply.header('etag', answer.etag).header('cache-control', answer.overridden ? 'no-store' : 'private, no-cache');
      // `*` names whatever answer there is, and may come from a client that holds none.
      const held = request.headers['if-none-match'];
      if (held !== '*' && matches(held, answer.etag)) return reply.code(304).send();
      return reply.type(JSON_TYPE).send(answer.text);
    },
  );
}

/** Some clients, like the published one of Go, do not say that what they send is JSON; nothing else is sent here. */
function sayJson({ headers }: FastifyRequest): void {
  const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
  if (hasBody) headers['content-type'] ??= 'application/json';
}

function contextOf({ body }: { readonly body: EvaluationRequest }): JsonObject {
  return (body.context ?? {}) as JsonObject;
}

/** Who calls, by either header; `Authorization` counts where both are there. A visitor has neither. */
function callerOf(request: FastifyRequest, authenticator: Authenticator): Caller | Promise<Caller> {
  const { authorization, 'x-api-key': key } = request.headers;
  const from = { getPeer: () => request.ip };
  if (authorization !== undefined) return authenticator.ofAnybody(bearerTokenOf(authorization), from);
  return authenticator.ofAnybody(typeof key === 'string' ? key : undefined, from);
}

/** Answers in the protocol's form, and keeps the error for the observer. */
function answerWithFailure(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const failure = toldOf(error, request);
  request.failure = failure;
  const { key } = (request.params ?? {}) as { readonly key?: string };
  const part = faultyPart(failure, request.body !== undefined);
  return send(reply, failureOf(failure, { requestId: request.id, key, part }));
}

/** Answers likewise where no route of the protocol takes the request, but its path is among theirs; undefined for other paths. */
export function answerUnrouted(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply | undefined {
  if (!request.url.startsWith(PREFIX)) return undefined;
  const failure = toldOf(error, request);
  request.failure = failure;
  return send(reply, failureOf(failure, { requestId: request.id, part: undefined }));
}

function send(reply: FastifyReply, { status, headers, body }: OfrepFailure): FastifyReply {
  return reply
    .code(status)
    .headers({ 'cache-control': 'no-store', ...headers })
    .type(JSON_TYPE)
    .send(JSON.stringify(body));
}

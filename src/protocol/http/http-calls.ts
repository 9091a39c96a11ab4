import { BinaryReader } from '@bufbuild/protobuf/wire';
import type { Caller } from '../../calls/caller.js';
import type { JsonObject } from '../../core/values/json.js';
import type { ServiceSet } from '../../services/service-set.js';
import { AdminServiceDefinition } from '../gen/latchkey/v1/admin_service.js';
import { FeatureServiceDefinition } from '../gen/latchkey/v1/feature_service.js';
import { adminHandlers } from '../rpcs/admin/admin-handlers.js';
import { featureHandlers } from '../rpcs/feature/feature-handlers.js';
import {
  type CallContext,
  EncodedMessage,
  type Handlers,
  type MethodDescription,
  type ServiceDescription,
  type StreamFeed,
  type StreamMethod,
  type StreamOut,
  type UnaryMethod,
} from '../rpcs/method.js';
import { type HttpRoute, httpRoutes } from './http-routes.js';
import type { Message } from './message.js';
import { type HttpRequest, readRequest } from './read-request.js';
import { REGISTRY } from './registry.js';
import { type Versioned, versionIn } from './versions.js';
import { writeJson } from './write-json.js';

type Context = CallContext<Caller>;

/** The answer of an RPC, as HTTP gives it. */
export interface HttpAnswer {
  readonly json: JsonObject;
  /** The version of what the answer is about; undefined where that has no versions. */
  readonly version: Versioned | undefined;
}

/** A route with its handler: it has `answer` if it answers once, `begin` if it answers with a stream. */
export interface HttpCall {
  readonly route: HttpRoute;
  /** Answers a request; undefined for an RPC that answers with a stream. */
  readonly answer: ((request: HttpRequest, call: Context) => Promise<HttpAnswer>) | undefined;
  /** Begins a stream whose events are JSON objects; undefined for an RPC that answers once. */
  readonly begin:
    | ((request: HttpRequest, call: Context, out: StreamOut<JsonObject>) => Promise<StreamFeed>)
    | undefined;
}

/** Every route that the protocol has, served by the handlers that serve gRPC. */
export function httpCalls(services: ServiceSet): readonly HttpCall[] {
  const methods = new Map([
    ...methodsOf(FeatureServiceDefinition, featureHandlers(services)),
    ...methodsOf(AdminServiceDefinition, adminHandlers(services)),
  ]);
  return httpRoutes(REGISTRY).map((route) => {
    const { rpc } = route;
    const method = methods.get(`${rpc.parent.typeName}/${rpc.name}`);
    if (method === undefined) throw new Error(`nothing serves ${rpc.name}`);
    return callOf(route, method);
  });
}

interface ServedMethod {
  readonly description: MethodDescription;
  readonly handler: unknown;
}

function methodsOf<Service extends ServiceDescription>(
  { fullName, methods }: Service,
  handlers: Handlers<Service, Caller>,
): [string, ServedMethod][] {
  return Object.entries(methods).map(([key, description]) => [
    `${fullName}/${description.name}`,
    { description, handler: handlers[key as keyof Service['methods']] },
  ]);
}

function callOf(route: HttpRoute, { description, handler }: ServedMethod): HttpCall {
  const { output } = route.rpc;
  if (description.requestStream) throw new Error(`${description.name} reads a stream, which HTTP has no route for`);
  if (description.responseStream) {
    const streaming = handler as StreamMethod<Caller, Message, Message>;
    const begin: HttpCall['begin'] = async (request, call, out) =>
      streaming.begin(readRequest(route, request), call, {
        write: (event) => out.write(writeJson(output, event)),
        end: (failure) => out.end(failure),
      });
    return { route, answer: undefined, begin };
  }
  const unary = handler as UnaryMethod<Caller, Message, Message | EncodedMessage>;
  const answer: HttpCall['answer'] = async (request, call) => {
    const response = await unary.handle(readRequest(route, request), call);
    const message = response instanceof EncodedMessage ? decoded(description, response) : response;
    return { json: writeJson(output, message), version: versionIn(output, message) };
  };
  return { route, answer, begin: undefined };
}

function decoded({ responseType }: MethodDescription, { bytes }: EncodedMessage): Message {
  return responseType.decode(new BinaryReader(bytes)) as Message;
}

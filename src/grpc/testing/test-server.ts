import { Client, type ClientUnaryCall, credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import { EvaluateRequest, EvaluateResponse } from '../../../test/gen/latchkey/v1/evaluation.js';
import { FeatureServiceDefinition } from '../../../test/gen/latchkey/v1/feature_service.js';
import { unauthenticated } from '../../calls/errors.js';
import type { UnaryMethod } from '../../protocol/rpcs/method.js';
import { GrpcServer, type GrpcServerOptions } from '../grpc-server.js';
import type { Door, EndedCall, Incoming } from '../wire/handler.js';

const EVALUATE_PATH = '/latchkey.v1.FeatureService/Evaluate';

/** FeatureService with `Evaluate` alone, so that a test brings one handler. */
const service = {
  fullName: FeatureServiceDefinition.fullName,
  methods: { evaluate: FeatureServiceDefinition.methods.evaluate },
};

export type EvaluateMethod = UnaryMethod<string, EvaluateRequest, EvaluateResponse>;

export interface TestServer {
  readonly server: GrpcServer;
  readonly address: string;
  /** What the observer was told. */
  readonly ended: readonly EndedCall<string>[];
}

/** Serves `Evaluate` on a free port; the caller is the bearer token, `bad` is refused. */
export async function startTestServer(
  method: EvaluateMethod,
  options: { readonly server?: GrpcServerOptions; readonly door?: Partial<Door<string>> } = {},
): Promise<TestServer> {
  const ended: EndedCall<string>[] = [];
  const server = new GrpcServer(options.server);
  const door: Door<string> = {
    authenticate,
    observer: { callEnded: (call) => void ended.push(call) },
    ...options.door,
  };
  server.serve(service, { evaluate: method }, door);
  return { server, ended, address: await server.listen('127.0.0.1:0') };
}

function authenticate({ metadata }: Incoming): string {
  const [header] = metadata.get('authorization');
  if (typeof header !== 'string' || header === 'Bearer bad') throw unauthenticated('the token is unknown');
  return header.replace('Bearer ', '');
}

export interface RawCall {
  readonly token?: string;
  readonly requestId?: string;
  readonly deadlineMs?: number;
  /** A deadline that the server is told of, while this client would wait on: gRPC's `grpc-timeout`, such as `100m`. */
  readonly toldTimeout?: string;
  /** Gets the call, to cancel it. */
  readonly started?: (call: ClientUnaryCall) => void;
}

/** Sends bytes as an `EvaluateRequest`; rejects with the ServiceError. */
export function evaluateRaw(client: Client, request: Uint8Array, options: RawCall = {}): Promise<EvaluateResponse> {
  const metadata = new Metadata();
  if (options.token !== '') metadata.set('authorization', `Bearer ${options.token ?? 'good'}`);
  if (options.requestId !== undefined) metadata.set('x-request-id', options.requestId);
  if (options.toldTimeout !== undefined) metadata.set('grpc-timeout', options.toldTimeout);
  return new Promise((resolve, reject) => {
    const call = client.makeUnaryRequest(
      EVALUATE_PATH,
      (bytes: Uint8Array) => Buffer.from(bytes),
      (bytes: Buffer) => EvaluateResponse.decode(bytes),
      request,
      metadata,
      options.deadlineMs === undefined ? {} : { deadline: Date.now() + options.deadlineMs },
      (error: ServiceError | null, response?: EvaluateResponse) => {
        if (error !== null) reject(error);
        else if (response !== undefined) resolve(response);
      },
    );
    options.started?.(call);
  });
}

/** Asks for a flag by key. */
export function evaluate(client: Client, flagKey: string, options: RawCall = {}): Promise<EvaluateResponse> {
  return evaluateRaw(client, EvaluateRequest.encode(EvaluateRequest.fromPartial({ flagKey })).finish(), options);
}

export function connect(address: string): Client {
  return new Client(address, credentials.createInsecure());
}

import { type Client, type ClientUnaryCall, credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import type { DestinationStream } from 'pino';
import { AdminServiceClient, AdminServiceDefinition } from '../../../test/gen/latchkey/v1/admin_service.js';
import type { DeepPartial } from '../../../test/gen/latchkey/v1/evaluation.js';
import { FeatureServiceClient, FeatureServiceDefinition } from '../../../test/gen/latchkey/v1/feature_service.js';
import { type EmbeddedLatchkey, startEmbedded } from '../../testing/embedded-latchkey.js';

type Definition = FeatureServiceDefinition | AdminServiceDefinition;

interface Codec {
  fromPartial(object: never): unknown;
}

type Rpcs<Service extends Definition> = {
  readonly [Name in keyof Service['methods']]: Service['methods'][Name] extends {
    readonly requestType: { decode(bytes: Uint8Array): infer Request };
    readonly responseType: { decode(bytes: Uint8Array): infer Response };
  }
    ? (request: DeepPartial<Request>, options?: RpcOptions) => Promise<Response>
    : never;
};

export interface RpcOptions {
  readonly deadlineMs?: number;
  readonly requestId?: string;
  /** Gets the call, to cancel it. */
  readonly started?: (call: ClientUnaryCall) => void;
}

/** Every RPC of both services, called by the generated clients; each rejects with the ServiceError. */
export interface Rpc extends Rpcs<FeatureServiceDefinition>, Rpcs<AdminServiceDefinition> {}

/** A whole Latchkey with its gRPC door. */
export interface DoorStand {
  readonly latchkey: EmbeddedLatchkey;
  /** Calls with the admin token. */
  readonly admin: Rpc;
  /** Calls with this secret; '' sends none. */
  as(secret: string): Rpc;
  /** A client of FeatureService without any token, for calls made by hand. */
  readonly client: Client;
  close(): Promise<void>;
}

/** @param log takes what the server logs */
export async function openDoorStand(
  environment: Record<string, string> = {},
  log?: DestinationStream,
): Promise<DoorStand> {
  const latchkey = await startEmbedded({ ROLES: 'grpc,worker', ...environment }, log);
  const options = { 'grpc.max_receive_message_length': -1 };
  const feature = new FeatureServiceClient(latchkey.grpcAddress, credentials.createInsecure(), options);
  const admin = new AdminServiceClient(latchkey.grpcAddress, credentials.createInsecure(), options);
  const as = (secret: string): Rpc => ({
    ...rpcsOf(feature, FeatureServiceDefinition, secret),
    ...rpcsOf(admin, AdminServiceDefinition, secret),
  });
  return {
    latchkey,
    admin: as(latchkey.adminSecret),
    as,
    client: feature,
    async close() {
      feature.close();
      admin.close();
      await latchkey.close();
    },
  };
}

type Send = (
  request: unknown,
  metadata: Metadata,
  options: { deadline?: number },
  callback: (error: ServiceError | null, response: unknown) => void,
) => ClientUnaryCall;

/** Every RPC of a service, called by its generated client. */
export function rpcsOf<Service extends Definition>(
  client: Client,
  { methods }: Service,
  secret: string,
): Rpcs<Service> {
  const rpcs = Object.entries(methods).map(([name, { requestType }]) => {
    const send = (client as unknown as Record<string, Send>)[name]!.bind(client);
    const codec: Codec = requestType;
    const rpc = (request: never, { deadlineMs, requestId, started }: RpcOptions = {}) =>
      new Promise((resolve, reject) => {
        const metadata = new Metadata();
        if (secret !== '') metadata.set('authorization', `Bearer ${secret}`);
        if (requestId !== undefined) metadata.set('x-request-id', requestId);
        const options = deadlineMs === undefined ? {} : { deadline: Date.now() + deadlineMs };
        const call = send(codec.fromPartial(request), metadata, options, (error, response) =>
          error === null ? resolve(response) : reject(error),
        );
        started?.(call);
      });
    return [name, rpc] as const;
  });
  return Object.fromEntries(rpcs) as unknown as Rpcs<Service>;
}

/** The error that a call ends with. */
export async function failureOf(call: Promise<unknown>): Promise<ServiceError> {
  try {
    await call;
  } catch (error) {
    return error as ServiceError;
  }
  throw new Error('the call succeeded');
}

import { CallRate } from '../calls/call-rate.js';
import type { Machine } from '../calls/caller.js';
import { AdminServiceDefinition } from '../protocol/gen/latchkey/v1/admin_service.js';
import { FeatureServiceDefinition } from '../protocol/gen/latchkey/v1/feature_service.js';
import { adminHandlers } from '../protocol/rpcs/admin/admin-handlers.js';
import { featureHandlers } from '../protocol/rpcs/feature/feature-handlers.js';
import type { ServiceSet } from '../services/service-set.js';
import { GrpcServer, type GrpcServerOptions } from './grpc-server.js';
import type { Door } from './wire/handler.js';
import { ObservedCall } from './wire/observed-call.js';

export interface GrpcDoorOptions {
  readonly services: ServiceSet;
  /** `HOST:PORT`; port 0 takes a free one. */
  readonly address: string;
  /** PEM; without it the door speaks plaintext. */
  readonly tls?: GrpcServerOptions['tls'] | undefined;
  readonly limits?: Pick<GrpcServerOptions, 'maxReceiveBytes' | 'maxConnectionAgeMs'>;
  /** How many calls a minute one token may make here, each message of a stream being one; 0 or undefined for any number. */
  readonly callsPerMinute?: number;
  /** Told of each call once, when its outcome is known. Must not throw. */
  readonly observer: (call: ObservedCall) => void;
}

export interface GrpcDoor {
  /** The `HOST:PORT` that is listened on. */
  readonly address: string;
  /** Sets what the health service reports, which is true at first. */
  setServing(serving: boolean): void;
  /** Uses this certificate for connections that are made from now on. */
  renewTls(tls: NonNullable<GrpcServerOptions['tls']>): void;
  /** Takes no new calls, ends streams and waits for other calls, `limitMs` at most; true when all calls could end. */
  drain(limitMs: number): Promise<boolean>;
}

function limitOf(rate: CallRate): (machine: Machine) => void {
  return ({ tokenId }) => rate.take(tokenId);
}

/** Serves the services over gRPC. Rejects when the address cannot be listened on, and names it. */
export async function openGrpcDoor(options: GrpcDoorOptions): Promise<GrpcDoor> {
  const { services, address, tls, limits, callsPerMinute = 0, observer } = options;
  const server = new GrpcServer({ ...limits, ...(tls === undefined ? {} : { tls }) });
  const door: Door<Machine> = {
    authenticate: (call) => services.authentication.bearer(call.metadata.get('authorization')[0], call),
    ...(callsPerMinute > 0 && { limit: limitOf(new CallRate(callsPerMinute)) }),
    observer: { callEnded: (call) => observer(new ObservedCall(call)) },
  };
  server.serve(FeatureServiceDefinition, featureHandlers(services), door);
  server.serve(AdminServiceDefinition, adminHandlers(services), door);
  try {
    return {
      address: await server.listen(address),
      setServing: (serving) => server.setServing(serving),
      renewTls: (tls) => server.renewTls(tls),
      drain: (limitMs) => server.drain(limitMs),
    };
  } catch (error) {
    await server.drain(0);
    throw error;
  }
}

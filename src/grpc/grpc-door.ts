import { actorOf, type Machine } from '../calls/caller.js';
import { CallOverrides, OVERRIDES_HEADER } from '../identity/call-overrides.js';
import { AdminServiceDefinition } from '../protocol/gen/latchkey/v1/admin_service.js';
import { FeatureServiceDefinition } from '../protocol/gen/latchkey/v1/feature_service.js';
import { adminHandlers } from '../protocol/rpcs/admin/admin-handlers.js';
import { featureHandlers } from '../protocol/rpcs/feature/feature-handlers.js';
import type { ServiceSet } from '../services/service-set.js';
import { GrpcServer } from './grpc-server.js';
import { arrival, type GrpcDoor, type GrpcListenerOptions, openDoor, peers, serverOptions } from './open-door.js';
import type { Door } from './wire/handler.js';
import { ObservedCall } from './wire/observed-call.js';

export interface GrpcDoorOptions extends GrpcListenerOptions {
  readonly services: ServiceSet;
  /** Lets calls decide flags by themselves; none may when left out. */
  readonly overrides?: CallOverrides | undefined;
}

/** Serves the services over gRPC. Rejects when the address cannot be listened on, and names it. */
export async function openGrpcDoor(options: GrpcDoorOptions): Promise<GrpcDoor> {
  const { services, address, rate, observer, callBegan } = options;
  const { overrides = new CallOverrides(false) } = options;
  const server = new GrpcServer(serverOptions(options));
  const door: Door<Machine> = {
    authenticate: (call) => {
      const machine = services.authentication.bearer(call.metadata.get('authorization')[0], arrival(options, call));
      const carried = call.metadata.get(OVERRIDES_HEADER);
      if (carried.length === 0) return machine;
      const text = carried.join(',');
      return machine instanceof Promise
        ? machine.then((known) => overrides.carriedBy(known, text))
        : overrides.carriedBy(machine, text);
    },
    ...peers(options),
    ...(rate && { limit: (machine) => rate.take(actorOf(machine)) }),
    observer: { ...(callBegan && { callBegan }), callEnded: (call) => observer(new ObservedCall(call, call.caller)) },
  };
  server.serve(FeatureServiceDefinition, featureHandlers(services), door);
  server.serve(AdminServiceDefinition, adminHandlers(services), door);
  return openDoor(server, address);
}

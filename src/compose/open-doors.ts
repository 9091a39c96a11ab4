import { actorOf } from '../calls/caller.js';
import type { Config } from '../config/config.js';
import { ConfigError } from '../config/environment.js';
import type { GrpcDoor } from '../grpc/grpc-door.js';
import { callLog } from '../observability/call-log.js';
import type { Logger } from '../observability/logger.js';
import type { Metrics } from '../observability/metrics.js';
import type { RestDoor } from '../rest/rest-door.js';
import type { EndedRequest } from '../rest/server/observer.js';
import type { Composed } from './services.js';
import type { StoreLink } from './store-link.js';

/** The doors of this server; undefined for one whose role it does not have. */
export interface Doors {
  readonly grpc: GrpcDoor | undefined;
  readonly rest: RestDoor | undefined;
}

interface DoorParts {
  readonly composed: Composed;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly link: StoreLink;
}

/** Opens the doors whose roles this server has. When one cannot be opened, the other is closed again. */
export async function openDoors(config: Config, { composed, metrics, logger, link }: DoorParts): Promise<Doors> {
  const { services } = composed;
  const { tls } = config;
  // The code of a door is loaded only by a server that has it.
  const grpc = config.roles.has('grpc')
    ? await opened(
        'GRPC_ADDR',
        import('../grpc/grpc-door.js').then(({ openGrpcDoor }) =>
          openGrpcDoor({ services, address: config.grpcAddress, tls, observer: callLog('grpc', metrics, logger) }),
        ),
      )
    : undefined;
  try {
    const rest = config.roles.has('rest')
      ? await opened(
          'HTTP_ADDR',
          import('../rest/rest-door.js').then(({ openRestDoor }) =>
            openRestDoor({
              services,
              address: config.httpAddress,
              tls,
              jwt: config.jwt,
              ready: () => ({ ready: services.keeper.loaded, degraded: !link.reachable }),
              metrics: () => metrics.text(),
              observer: { callEnded: restCallLog(metrics, logger) },
              onSyncError: (error) => logger.warn({ err: error }, 'what a JWT says could not be written to its user'),
              requestsPerMinute: config.httpRequestsPerMinute,
              corsOrigins: config.corsOrigins,
            }),
          ),
        )
      : undefined;
    return { grpc, rest };
  } catch (error) {
    await grpc?.drain(0);
    throw error;
  }
}

/** The opened door. An address that cannot be listened on is a fault of the configuration, and is told as such. */
async function opened<T>(variable: string, opening: Promise<T>): Promise<T> {
  return opening.catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConfigError(`${reason}; ${variable} says where to listen`);
  });
}

function restCallLog(metrics: Metrics, logger: Logger): (request: EndedRequest) => void {
  const log = callLog('rest', metrics, logger);
  return ({ method, route, status, caller, ...rest }) =>
    log({
      ...rest,
      operation: `${method} ${route}`,
      code: String(status),
      actor: caller === undefined ? '' : actorOf(caller),
      unauthenticated: status === 401,
    });
}

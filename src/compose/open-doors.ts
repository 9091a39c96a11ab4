import { actorOf } from '../calls/caller.js';
import type { Config } from '../config/config.js';
import { ConfigError } from '../config/environment.js';
import type { GrpcDoor } from '../grpc/grpc-door.js';
import { callLog, type EndedCall } from '../observability/call-log.js';
import type { Logger } from '../observability/logger.js';
import type { Metrics } from '../observability/metrics.js';
import { DampedReports } from '../outages/damped-reports.js';
import type { RestDoor } from '../rest/rest-door.js';
import type { EndedRequest } from '../rest/server/observe.js';
import { RELEASE } from './release.js';
import type { Composed } from './services.js';
import type { StoreLink } from './store-link.js';

/** The doors of this server; undefined for one whose role it does not have. */
export interface Doors {
  readonly grpc: GrpcDoor | undefined;
  readonly rest: RestDoor | undefined;
  /** Health and metrics by themselves. */
  readonly operations: RestDoor | undefined;
}

interface DoorParts {
  readonly composed: Composed;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly link: StoreLink;
}

/** Opens the doors whose roles this server has. When one cannot be opened, the others are closed again. */
export async function openDoors(config: Config, parts: DoorParts): Promise<Doors> {
  const doors: { -readonly [Name in keyof Doors]: Doors[Name] } = {
    ...{ grpc: undefined, rest: undefined, operations: undefined },
  };
  try {
    if (config.roles.has('grpc')) doors.grpc = await opened('GRPC_ADDR', grpcDoor(config, parts));
    if (config.roles.has('rest')) doors.rest = await opened('HTTP_ADDR', restDoor(config, parts));
    if (config.opsAddress !== undefined)
      doors.operations = await opened('OPS_ADDR', operationsDoor(config, config.opsAddress, parts));
    return doors;
  } catch (error) {
    await Promise.all([doors.grpc?.drain(0), doors.rest?.drain(0)]);
    throw error;
  }
}

// The code of a door is loaded only by a server that has it.

async function grpcDoor(config: Config, { composed, metrics, logger }: DoorParts): Promise<GrpcDoor> {
  const { grpcAddress: address, grpcMaxConnectionAgeMs: maxConnectionAgeMs, tls } = config;
  const callsPerMinute = config.grpcCallsPerMinute;
  const { openGrpcDoor } = await import('../grpc/grpc-door.js');
  const observer = callLog('grpc', metrics, logger);
  const limits = { maxConnectionAgeMs };
  return openGrpcDoor({ services: composed.services, address, tls, limits, callsPerMinute, observer });
}

async function restDoor(config: Config, parts: DoorParts): Promise<RestDoor> {
  const { openRestDoor } = await import('../rest/rest-door.js');
  const leftOut = new DampedReports((_, message, more) => parts.logger.warn({ more }, String(message)));
  return openRestDoor({
    ...whatIsAsked(config, parts),
    address: config.httpAddress,
    onSyncError: (error) => parts.logger.warn({ err: error }, 'what a JWT says could not be written to its user'),
    onLeftOut: (claim, what) => leftOut.failed(claim, what),
    requestsPerMinute: config.httpRequestsPerMinute,
    corsOrigins: config.corsOrigins,
    trustedProxies: config.trustedProxies,
    signInsPerMinute: config.signInsPerMinute,
    environmentName: config.environmentName,
    version: RELEASE,
  });
}

async function operationsDoor(config: Config, address: string, parts: DoorParts): Promise<RestDoor> {
  const { openOperationsDoor } = await import('../rest/operations-door.js');
  return openOperationsDoor({ ...whatIsAsked(config, parts), address });
}

/** What both doors that speak HTTP serve, by whatever else they do. */
function whatIsAsked({ tls, jwt, roles }: Config, { composed, metrics, logger, link }: DoorParts) {
  const { services } = composed;
  const onlyWorks = !(roles.has('grpc') || roles.has('rest'));
  return {
    ...{ services, tls, jwt },
    // Without the store a server answers from what it holds, and a worker can do nothing.
    ready: () => ({ ready: services.keeper.loaded && (link.reachable || !onlyWorks), degraded: !link.reachable }),
    metrics: () => metrics.text(),
    observer: { callEnded: restCallLog(metrics, logger) },
  };
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
  return (request) => log(new EndedRestCall(request));
}

/** A request as all doors report calls. What takes time to find out is found out only when it is asked for. */
class EndedRestCall implements EndedCall {
  readonly #request: EndedRequest;

  constructor(request: EndedRequest) {
    this.#request = request;
  }

  get operation(): string {
    return `${this.#request.method} ${this.#request.route}`;
  }

  get code(): string {
    return String(this.#request.status);
  }

  get durationMs(): number {
    return this.#request.durationMs;
  }

  get requestId(): string {
    return this.#request.requestId;
  }

  get actor(): string {
    const { caller } = this.#request;
    return caller === undefined ? '' : actorOf(caller);
  }

  get peer(): string {
    return this.#request.peer;
  }

  get error(): unknown {
    return this.#request.error;
  }

  get unexpected(): boolean {
    return this.#request.unexpected;
  }

  get unauthenticated(): boolean {
    return this.#request.status === 401;
  }
}

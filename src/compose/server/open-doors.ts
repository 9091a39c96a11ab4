import { actorOf } from '../../calls/caller.js';
import type { DoorName, Refusal } from '../../calls/doors.js';
import type { Config } from '../../config/config.js';
import { ConfigError } from '../../config/environment.js';
import type { FlagdConfig } from '../../config/flagd-config.js';
import type { GrpcDoor } from '../../grpc/open-door.js';
import type { Authenticator } from '../../identity/authenticator.js';
import { authenticatorOf } from '../../identity/authenticator-of.js';
import { CallOverrides } from '../../identity/call-overrides.js';
import { callLog, type EndedCall } from '../../observability/call-log.js';
import type { Logger } from '../../observability/logger.js';
import type { Metrics } from '../../observability/metrics.js';
import { OpenFeatureResolver } from '../../openfeature/resolver.js';
import { DampedReports } from '../../outages/damped-reports.js';
import type { RestDoor } from '../../rest/rest-door.js';
import type { EndedRequest } from '../../rest/server/observe.js';
import { type DoorLimits, doorLimits } from './door-limits.js';
import { CONSOLE_FOLDER, RELEASE } from './release.js';
import type { Composed } from './services.js';
import type { StoreLink } from './store-link.js';

/** The doors of this server; undefined for one whose role it does not have. */
export interface Doors {
  readonly grpc: GrpcDoor | undefined;
  /** For flagd's clients. */
  readonly flagd: GrpcDoor | undefined;
  readonly rest: RestDoor | undefined;
  /** Health and metrics by themselves. */
  readonly operations: RestDoor | undefined;
}

interface Given {
  readonly composed: Composed;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly link: StoreLink;
}

interface DoorParts extends Given {
  /** Says who calls, for all doors. */
  readonly authenticator: Authenticator;
  readonly limits: DoorLimits;
  /** Answers OpenFeature's clients, for all doors. */
  readonly resolver: OpenFeatureResolver;
}

/** How many connections each listener has open, by the name of its first door. */
export function openConnectionsOf({ grpc, flagd, rest, operations }: Doors): ReadonlyMap<DoorName, number> {
  const of = (door: { readonly openConnections: number } | undefined): number => door?.openConnections ?? 0;
  return new Map([
    ['grpc', of(grpc)],
    ['flagd', of(flagd)],
    ['rest', of(rest)],
    ['operations', of(operations)],
  ]);
}

/** How many streams are open by door, those that have none included: a gauge keeps what it was last told. */
export function openStreamsOf({ grpc, flagd, rest }: Doors): ReadonlyMap<DoorName, number> {
  const none = STREAMING.map((door): [DoorName, number] => [door, 0]);
  return new Map([
    ...none,
    ...(rest?.openStreams ?? []),
    ['grpc', grpc?.openStreams ?? 0],
    ['flagd', flagd?.openStreams ?? 0],
  ]);
}

const STREAMING = ['grpc', 'flagd', 'rest', 'ofrep', 'connect', 'admin'] as const satisfies readonly DoorName[];

/** Opens the doors whose roles this server has. When one cannot be opened, the others are closed again. */
export async function openDoors(config: Config, given: Given): Promise<Doors> {
  const parts: DoorParts = {
    ...{ ...given, authenticator: whoCalls(config, given), limits: doorLimits(config, given.metrics) },
    resolver: new OpenFeatureResolver(given.composed.services.evaluation, config.contexts),
  };
  const doors: { -readonly [Name in keyof Doors]: Doors[Name] } = {
    ...{ grpc: undefined, flagd: undefined, rest: undefined, operations: undefined },
  };
  try {
    if (config.roles.has('grpc')) doors.grpc = await opened('GRPC_ADDR', grpcDoor(config, parts));
    if (config.roles.has('grpc') && config.flagd !== undefined)
      doors.flagd = await opened('FLAGD_ADDR', flagdDoor(config, config.flagd, parts));
    if (config.roles.has('rest')) doors.rest = await opened('HTTP_ADDR', restDoor(config, parts, doors.grpc?.address));
    if (config.opsAddress !== undefined)
      doors.operations = await opened('OPS_ADDR', operationsDoor(config, config.opsAddress, parts));
    return doors;
  } catch (error) {
    await Promise.all([doors.grpc?.drain(0), doors.flagd?.drain(0), doors.rest?.drain(0)]);
    throw error;
  }
}

function whoCalls({ jwt, testOverrides, contexts }: Config, { composed, logger }: Given): Authenticator {
  const leftOut = new DampedReports((_, message, more) => logger.warn({ more }, String(message)));
  return authenticatorOf({
    services: composed.services,
    jwt,
    overrides: new CallOverrides(testOverrides),
    visitors: contexts.visitors,
    onSyncError: (error) => logger.warn({ err: error }, 'what a JWT says could not be written to its user'),
    onLeftOut: (claim, what) => leftOut.failed(claim, what),
    onIssuerAway: (error) => logger.warn({ err: error }, 'the keys of JWT_JWKS_URL could not be fetched; trying again'),
  });
}

// The code of a door is loaded only by a server that has it.

async function grpcDoor(
  config: Config,
  { composed, metrics, logger, limits, authenticator }: DoorParts,
): Promise<GrpcDoor> {
  const { grpcAddress: address, grpcMaxConnectionAgeMs: maxConnectionAgeMs, tls } = config;
  const { openGrpcDoor } = await import('../../grpc/grpc-door.js');
  const observer = callLog('grpc', metrics, logger);
  return openGrpcDoor({
    ...{ services: composed.services, address, tls, observer },
    limits: { maxConnectionAgeMs, ...limits.grpcConnections('grpc') },
    overrides: authenticator.overrides,
    rate: limits.grpcCalls,
    addresses: limits.addresses,
    proxies: limits.proxies,
    callBegan: () => metrics.doors.requestBegan('grpc'),
  });
}

async function flagdDoor(config: Config, { address, token }: FlagdConfig, parts: DoorParts): Promise<GrpcDoor> {
  const { composed, metrics, logger, authenticator, resolver, limits } = parts;
  const { openFlagdDoor } = await import('../../grpc/flagd/flagd-door.js');
  return openFlagdDoor({
    ...{ services: composed.services, resolver, authenticator, address, token, tls: config.tls },
    limits: { maxConnectionAgeMs: config.grpcMaxConnectionAgeMs, ...limits.grpcConnections('flagd') },
    addresses: limits.addresses,
    proxies: limits.proxies,
    rate: limits.grpcCalls,
    observer: callLog('flagd', metrics, logger),
    callBegan: () => metrics.doors.requestBegan('flagd'),
  });
}

async function restDoor(config: Config, parts: DoorParts, grpcAddress: string | undefined): Promise<RestDoor> {
  const { openRestDoor } = await import('../../rest/rest-door.js');
  return openRestDoor({
    ...whatIsAsked('rest', config, parts),
    address: config.httpAddress,
    services: parts.composed.services,
    resolver: parts.resolver,
    requestsPerMinute: config.httpRequestsPerMinute,
    corsOrigins: config.corsOrigins,
    trustedProxies: config.trustedProxies,
    addresses: parts.limits.addresses,
    connections: parts.limits.connections('rest'),
    signInsPerMinute: config.signInsPerMinute,
    environmentName: config.environmentName,
    basePath: config.httpBasePath,
    consoleFolder: config.console ? CONSOLE_FOLDER : undefined,
    version: RELEASE,
    grpc: grpcAddress === undefined ? undefined : { address: grpcAddress, tls: config.tls !== undefined },
  });
}

async function operationsDoor(config: Config, address: string, parts: DoorParts): Promise<RestDoor> {
  const { openOperationsDoor } = await import('../../rest/operations-door.js');
  return openOperationsDoor({ ...whatIsAsked('operations', config, parts), address });
}

/** What both listeners that speak HTTP serve, by whatever else they do. */
function whatIsAsked(listener: 'rest' | 'operations', { tls, roles }: Config, parts: DoorParts) {
  const { composed, metrics, logger, link, authenticator } = parts;
  const { services } = composed;
  const onlyWorks = !(roles.has('grpc') || roles.has('rest'));
  return {
    ...{ tls, authenticator },
    // Without the store a server answers from what it holds, and a worker can do nothing.
    ready: () => ({ ready: services.keeper.loaded && (link.reachable || !onlyWorks), degraded: !link.reachable }),
    metrics: () => metrics.text(),
    observer: {
      callBegan: (door: DoorName) => metrics.doors.requestBegan(door),
      callEnded: restCallLog(metrics, logger),
      refused: (why: Refusal) => metrics.doors.refused(listener, why),
    },
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

  get door(): DoorName {
    return this.#request.door;
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

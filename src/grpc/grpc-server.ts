import { Server, ServerCredentials } from '@grpc/grpc-js';
import { MINUTE_MS, SECOND_MS } from '../core/values/time.js';
import { withTimeLimit } from '../outages/time-limit.js';
import { REGISTRY } from '../protocol/http/registry.js';
import type { Handlers, ServiceDescription } from '../protocol/rpcs/method.js';
import { addReflection } from './reflection/reflection.js';
import { RenewableCredentials, type Tls } from './renewable-credentials.js';
import type { Door } from './wire/handler.js';
import { Health } from './wire/health.js';
import { OpenStreams } from './wire/open-streams.js';
import { bindService } from './wire/service.js';

const DEFAULT_MAX_RECEIVE_BYTES = 4 * 1024 * 1024;
/** How many calls may be under way on one connection; a client keeps further ones back. */
const MAX_CONCURRENT_CALLS = 1000;
/** How long a connection may be silent before it is pinged, and how long a ping may stay unanswered. */
const KEEPALIVE_MS = MINUTE_MS;
const KEEPALIVE_ANSWER_MS = 20 * SECOND_MS;

/** How long calls and streams may go on when their connection has become too old. Readers of streams come back with tokens. */
const CONNECTION_GRACE_MS = 30 * SECOND_MS;

export interface GrpcServerOptions {
  /** The largest request, unpacked if it is compressed; a larger one is RESOURCE_EXHAUSTED. Default 4 MiB. */
  readonly maxReceiveBytes?: number;
  /** PEM; without it the server speaks plaintext. */
  readonly tls?: Tls;
  /** How old a connection may become before its client is told to make another; 0 or undefined for any age. */
  readonly maxConnectionAgeMs?: number;
}

/** A grpc-js server with health, reflection, limits and a drain. */
export class GrpcServer {
  readonly #server: Server;
  readonly #health = new Health();
  readonly #streams = new OpenStreams();
  readonly #credentials: RenewableCredentials | undefined;

  constructor(options: GrpcServerOptions = {}) {
    this.#credentials = options.tls && new RenewableCredentials(options.tls);
    const { maxConnectionAgeMs = 0 } = options;
    this.#server = new Server({
      'grpc.max_receive_message_length': options.maxReceiveBytes ?? DEFAULT_MAX_RECEIVE_BYTES,
      'grpc.max_concurrent_streams': MAX_CONCURRENT_CALLS,
      'grpc.keepalive_time_ms': KEEPALIVE_MS,
      'grpc.keepalive_timeout_ms': KEEPALIVE_ANSWER_MS,
      ...(maxConnectionAgeMs > 0 && {
        'grpc.max_connection_age_ms': maxConnectionAgeMs,
        'grpc.max_connection_age_grace_ms': CONNECTION_GRACE_MS,
      }),
    });
    this.#health.addTo(this.#server, this.#streams);
    addReflection({
      server: this.#server,
      streams: this.#streams,
      registry: REGISTRY,
      served: (service) => this.#health.knows(service),
    });
  }

  /** Serves a service of the generated code by these handlers. Must be called before {@link listen}. */
  serve<Service extends ServiceDescription, Caller>(
    service: Service,
    handlers: Handlers<Service, Caller>,
    door: Door<Caller>,
  ): void {
    const { definition, implementation } = bindService(service, handlers, door, this.#streams);
    this.#server.addService(definition, implementation);
    this.#health.addService(service.fullName);
  }

  /**
   * Listens on `HOST:PORT`, port 0 being a free one, and reports SERVING. Gives the `HOST:PORT` that it listens on. Rejects
   * with a message that names the address.
   */
  async listen(address: string): Promise<string> {
    const credentials = this.#credentials ?? ServerCredentials.createInsecure();
    const port = await new Promise<number>((resolve, reject) => {
      this.#server.bindAsync(address, credentials, (error, boundPort) => {
        if (error) reject(new Error(`cannot serve gRPC on ${address}: ${error.message}`, { cause: error }));
        else resolve(boundPort);
      });
    });
    this.setServing(true);
    return `${address.slice(0, address.lastIndexOf(':'))}:${port}`;
  }

  /** Uses this certificate for connections that are made from now on. */
  renewTls(tls: Tls): void {
    this.#credentials?.renew(tls);
  }

  /** Sets what the health service reports. */
  setServing(serving: boolean): void {
    this.#health.setServing(serving);
  }

  /**
   * Reports NOT_SERVING, takes no new calls, ends streams and waits for other calls, which are cut off after `limitMs`. True
   * when all calls could end.
   */
  drain(limitMs: number): Promise<boolean> {
    this.setServing(false);
    this.#streams.endAll();
    const { promise: ended, resolve } = Promise.withResolvers<true>();
    this.#server.tryShutdown(() => resolve(true));
    return withTimeLimit(limitMs, ended, () => {
      this.#server.forceShutdown();
      return false;
    });
  }
}

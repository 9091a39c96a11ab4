import { Server, ServerCredentials } from '@grpc/grpc-js';
import { MINUTE_MS, SECOND_MS } from '../core/values/time.js';
import { withTimeLimit } from '../outages/time-limit.js';
import { REGISTRY } from '../protocol/http/registry.js';
import type { Handlers, ServiceDescription } from '../protocol/rpcs/method.js';
import { addReflection } from './reflection/reflection.js';
import type { Door } from './wire/handler.js';
import { Health } from './wire/health.js';
import { OpenStreams } from './wire/open-streams.js';
import { bindService } from './wire/service.js';

const DEFAULT_MAX_RECEIVE_BYTES = 4 * 1024 * 1024;
/** Calls in flight on one connection; clients hold further ones back. */
const MAX_CONCURRENT_CALLS = 1000;
/** How long a connection may be silent before it is pinged, and how long a ping may stay unanswered. */
const KEEPALIVE_MS = MINUTE_MS;
const KEEPALIVE_ANSWER_MS = 20 * SECOND_MS;

export interface GrpcServerOptions {
  /** A larger request is refused with RESOURCE_EXHAUSTED; compressed ones are measured unpacked. Default 4 MiB. */
  readonly maxReceiveBytes?: number;
  /** PEM; without it the server speaks plaintext. */
  readonly tls?: { readonly certificate: string; readonly key: string };
}

/** A grpc-js server with health, reflection, limits and a drain. */
export class GrpcServer {
  readonly #server: Server;
  readonly #health = new Health();
  readonly #streams = new OpenStreams();
  readonly #tls: GrpcServerOptions['tls'];

  constructor(options: GrpcServerOptions = {}) {
    this.#tls = options.tls;
    this.#server = new Server({
      'grpc.max_receive_message_length': options.maxReceiveBytes ?? DEFAULT_MAX_RECEIVE_BYTES,
      'grpc.max_concurrent_streams': MAX_CONCURRENT_CALLS,
      'grpc.keepalive_time_ms': KEEPALIVE_MS,
      'grpc.keepalive_timeout_ms': KEEPALIVE_ANSWER_MS,
    });
    this.#health.addTo(this.#server, this.#streams);
    addReflection({
      server: this.#server,
      streams: this.#streams,
      registry: REGISTRY,
      served: (service) => this.#health.knows(service),
    });
  }

  /** Serves a service of the generated code by these handlers. Before {@link listen}. */
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
   * Listens on `HOST:PORT` and reports SERVING; port 0 takes a free one. Gives the `HOST:PORT` that it is. Rejects with a
   * message that names the address when that cannot be done.
   */
  async listen(address: string): Promise<string> {
    const credentials = this.#credentials();
    const port = await new Promise<number>((resolve, reject) => {
      this.#server.bindAsync(address, credentials, (error, boundPort) => {
        if (error) reject(new Error(`cannot serve gRPC on ${address}: ${error.message}`, { cause: error }));
        else resolve(boundPort);
      });
    });
    this.setServing(true);
    return `${address.slice(0, address.lastIndexOf(':'))}:${port}`;
  }

  /** What health reports from now on. */
  setServing(serving: boolean): void {
    this.#health.setServing(serving);
  }

  /**
   * Reports NOT_SERVING, ends streams, takes no new calls and waits for those in flight; after `limitMs` they are cut off.
   * True when all could end.
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

  #credentials(): ServerCredentials {
    if (this.#tls === undefined) return ServerCredentials.createInsecure();
    const { certificate, key } = this.#tls;
    return ServerCredentials.createSsl(null, [{ cert_chain: Buffer.from(certificate), private_key: Buffer.from(key) }]);
  }
}

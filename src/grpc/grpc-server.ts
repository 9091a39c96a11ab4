import { Server } from '@grpc/grpc-js';
import { Connections, type ConnectionsOptions } from '../calls/limits/connections.js';
import { MINUTE_MS, SECOND_MS } from '../core/values/time/time.js';
import { withTimeLimit } from '../outages/time-limit.js';
import { REGISTRY } from '../protocol/http/registry.js';
import type { Handlers, ServiceDescription } from '../protocol/rpcs/method.js';
import { addReflection } from './reflection/reflection.js';
import { Admission } from './wire/admission.js';
import type { Door, Incoming } from './wire/handler.js';
import { Handshakes, type Tls } from './wire/handshakes.js';
import { Health } from './wire/health.js';
import { Listener } from './wire/listener.js';
import { OpenStreams } from './wire/open-streams.js';
import { PublicStreams } from './wire/public-streams.js';
import { bindService } from './wire/service.js';

const DEFAULT_MAX_RECEIVE_BYTES = 4 * 1024 * 1024;
const HANDSHAKE_MS = 10 * SECOND_MS;
/** How many calls may be under way on one connection; a client keeps further ones back. */
const MAX_CONCURRENT_CALLS = 1000;
/** How long a connection may be silent before it is pinged, and how long a ping may stay unanswered. */
const KEEPALIVE_MS = MINUTE_MS;
const KEEPALIVE_ANSWER_MS = 20 * SECOND_MS;

/** How long a connection may be without a call before its client is told to make another one when it has a call again. */
const MAX_CONNECTION_IDLE_MS = 15 * MINUTE_MS;
/**
 * What a connection may take in memory (10^6 bytes) for headers, frames that wait and answers that are not taken; above it further
 * calls are refused. Without this bound grpc-js has none.
 */
const MAX_SESSION_MEGABYTES = 64;

/** How long calls and streams may go on when their connection has become too old. Readers of streams come back with tokens. */
const CONNECTION_GRACE_MS = 30 * SECOND_MS;

export interface GrpcServerOptions {
  /** The largest request, unpacked if it is compressed; a larger one is RESOURCE_EXHAUSTED. Default 4 MiB. */
  readonly maxReceiveBytes?: number;
  /** PEM; without it the server speaks plaintext. */
  readonly tls?: Tls;
  /** How long a client may take for the handshake of TLS. Default 10 s. */
  readonly handshakeMs?: number;
  /** Told of each connection that was closed because its client took longer. Must not throw. */
  readonly slowHandshake?: (() => void) | undefined;
  /** How long a connection may be without a call before it is closed. Default 15 min. */
  readonly maxConnectionIdleMs?: number;
  /** Counts what anybody may open, by its address: streams of health, and of reflection with their messages. Throws LIMITED for one too many. */
  readonly arrived?: (call: Incoming) => void;
  /** How many connections one address may have open; undefined for any number. */
  readonly connections?: ConnectionsOptions | undefined;
  /** How old a connection may become before its client is told to make another; 0 or undefined for any age. */
  readonly maxConnectionAgeMs?: number;
}

/** A grpc-js server with health, reflection, limits and a drain. */
export class GrpcServer {
  readonly #server: Server;
  readonly #health = new Health();
  readonly #streams = new OpenStreams();
  readonly #handshakes: Handshakes | undefined;
  readonly #admission = new Admission();
  readonly #connections: Connections;
  #listener: Listener | undefined;

  constructor(options: GrpcServerOptions = {}) {
    const { maxConnectionAgeMs = 0, maxConnectionIdleMs = MAX_CONNECTION_IDLE_MS } = options;
    const { tls, handshakeMs = HANDSHAKE_MS, slowHandshake: onSlow = () => undefined } = options;
    this.#handshakes = tls && new Handshakes(tls, { handshakeMs, onSlow });
    this.#connections = new Connections(options.connections);
    this.#server = new Server({
      interceptors: [this.#admission.interceptor],
      'grpc.max_receive_message_length': options.maxReceiveBytes ?? DEFAULT_MAX_RECEIVE_BYTES,
      'grpc.max_concurrent_streams': MAX_CONCURRENT_CALLS,
      'grpc.max_connection_idle_ms': maxConnectionIdleMs,
      'grpc-node.max_session_memory': MAX_SESSION_MEGABYTES,
      'grpc.keepalive_time_ms': KEEPALIVE_MS,
      'grpc.keepalive_timeout_ms': KEEPALIVE_ANSWER_MS,
      ...(maxConnectionAgeMs > 0 && {
        'grpc.max_connection_age_ms': maxConnectionAgeMs,
        'grpc.max_connection_age_grace_ms': CONNECTION_GRACE_MS,
      }),
    });
    const streams = new PublicStreams(this.#streams, options.arrived ?? (() => undefined));
    this.#health.addTo(this.#server, streams);
    addReflection({
      server: this.#server,
      streams,
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
    // Streams both ways are asked for by the wrapper, which has them before their first message.
    const whole = Object.values(service.methods).filter(({ requestStream }) => !requestStream);
    const guarded = this.#admission.guard(
      whole.map(({ name }) => `/${service.fullName}/${name}`),
      door,
    );
    const { definition, implementation } = bindService(service, handlers, guarded, this.#streams);
    this.#server.addService(definition, implementation);
    this.#health.addService(service.fullName);
  }

  /**
   * Listens on `HOST:PORT`, port 0 being a free one, and reports SERVING. Gives the `HOST:PORT` that it listens on. Rejects
   * with a message that names the address.
   */
  async listen(address: string): Promise<string> {
    const colon = address.lastIndexOf(':');
    const host = address.slice(0, colon);
    this.#listener = new Listener(this.#server, this.#handshakes, this.#connections);
    try {
      const port = await this.#listener.listen(host.replace(/^\[|\]$/g, ''), Number(address.slice(colon + 1)));
      this.setServing(true);
      return `${host}:${port}`;
    } catch (error) {
      throw new Error(`cannot serve gRPC on ${address}: ${(error as Error).message}`, { cause: error });
    }
  }

  /** Uses this certificate for connections that are made from now on. */
  renewTls(tls: Tls): void {
    this.#handshakes?.renew(tls);
  }

  /** How many connections are open. */
  get openConnections(): number {
    return this.#connections.size;
  }

  /** How many streams are open, those of health and reflection included. */
  get openStreams(): number {
    return this.#streams.size;
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
    // What grpc-js says of its end does not wait for connections that it did not take itself.
    const closed = this.#listener?.close();
    this.#streams.endAll();
    const shutDown = new Promise<void>((resolve) => this.#server.tryShutdown(() => resolve()));
    const ended = Promise.all([closed, shutDown]).then(() => true);
    return withTimeLimit(limitMs, ended, () => {
      this.#server.forceShutdown();
      return false;
    });
  }
}

import type { AddressRate } from '../../calls/limits/address-rate.js';
import type { ConnectionsOptions } from '../../calls/limits/connections.js';
import type { Authenticator } from '../../identity/authenticator.js';
import type { OpenFeatureResolver } from '../../openfeature/resolver.js';
import type { ServiceSet } from '../../services/service-set.js';
import type { HttpTimeouts } from './bounds.js';
import type { RequestObserver } from './observe.js';

/** Whether this server can answer now. */
export interface Readiness {
  readonly ready: boolean;
  /** Whether it answers without the store, from the last snapshot and the cache. */
  readonly degraded: boolean;
}

export interface RestDoorOptions {
  readonly services: ServiceSet;
  /** `HOST:PORT`; port 0 takes a free one. */
  readonly address: string;
  /** PEM; without it the door speaks plaintext. */
  readonly tls?: { readonly certificate: string; readonly key: string } | undefined;
  /** Says who calls. */
  readonly authenticator: Authenticator;
  /** Answers OpenFeature's clients. */
  readonly resolver: OpenFeatureResolver;
  readonly ready: () => Readiness | Promise<Readiness>;
  /** The metrics in Prometheus' text format. */
  readonly metrics: () => string | Promise<string>;
  readonly observer: RequestObserver;
  /** How many requests a minute one machine token or person may make here; 0 or undefined for any number. */
  readonly requestsPerMinute?: number | undefined;
  /** How many requests may come from one address; undefined for any number. Health and metrics are not counted. */
  readonly addresses?: AddressRate | undefined;
  /** How many connections one address may have open; undefined for any number. */
  readonly connections?: ConnectionsOptions | undefined;
  /** How long clients may take, where not as long as usual. */
  readonly timeouts?: Partial<HttpTimeouts> | undefined;
  /** The web origins whose pages may call, `*` for all; pages of this server's own origin always may. */
  readonly corsOrigins?: readonly string[] | undefined;
  /** The addresses and networks of proxies whose `X-Forwarded-For` is believed. */
  readonly trustedProxies?: readonly string[] | undefined;
  /** How often one address may try to sign in a minute; 0 or undefined for any number. */
  readonly signInsPerMinute?: number | undefined;
  /** What people call this deployment, as consoles show it. */
  readonly environmentName?: string | undefined;
  /** The version of Latchkey. */
  readonly version?: string | undefined;
  /** Where this server listens for gRPC; undefined where it does not. */
  readonly grpc?: { readonly address: string; readonly tls: boolean } | undefined;
  /** What all paths of this door begin with, like `/flags`; '' or undefined for nothing. */
  readonly basePath?: string | undefined;
  /** The folder that the console was built into; undefined to serve none. */
  readonly consoleFolder?: string | undefined;
  /** The largest body that is taken, in bytes. Default 1 MiB. */
  readonly maxBodyBytes?: number | undefined;
}

export const DEFAULT_MAX_BODY_BYTES = 1024 * 1024;

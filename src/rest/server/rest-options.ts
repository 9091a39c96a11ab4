import type { ServiceSet } from '../../services/service-set.js';
import type { JwtOptions } from '../jwt/jwt-options.js';
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
  /** How people's JWTs are checked; undefined where only machines call. */
  readonly jwt?: JwtOptions | undefined;
  readonly ready: () => Readiness | Promise<Readiness>;
  /** The metrics in Prometheus' text format. */
  readonly metrics: () => string | Promise<string>;
  readonly observer: RequestObserver;
  /** Told of claims of a JWT that could not be written to its user; the request is answered all the same. */
  readonly onSyncError?: ((error: unknown) => void) | undefined;
  /** Told of what was not taken of a claim that only targets, at each token; it should be reported once in a while. */
  readonly onLeftOut?: ((claim: string, what: string) => void) | undefined;
  /** How many requests a minute one machine token or person may make here; 0 or undefined for any number. */
  readonly requestsPerMinute?: number | undefined;
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
  /** The largest body that is taken, in bytes. Default 1 MiB. */
  readonly maxBodyBytes?: number | undefined;
}

export const DEFAULT_MAX_BODY_BYTES = 1024 * 1024;

import type { AddressRate } from '../calls/limits/address-rate.js';
import type { CallRate } from '../calls/limits/call-rate.js';
import type { From } from '../calls/limits/failed-authentications.js';
import type { TrustedProxies } from '../calls/limits/trusted-proxies.js';
import type { GrpcServer, GrpcServerOptions } from './grpc-server.js';
import type { Door, Incoming } from './wire/handler.js';
import type { ObservedCall } from './wire/observed-call.js';

/** What every door on gRPC needs, whatever it serves. */
export interface GrpcListenerOptions {
  /** `HOST:PORT`; port 0 takes a free one. */
  readonly address: string;
  /** PEM; without it the door speaks plaintext. */
  readonly tls?: GrpcServerOptions['tls'] | undefined;
  readonly limits?: Pick<
    GrpcServerOptions,
    'maxReceiveBytes' | 'maxConnectionAgeMs' | 'maxConnectionIdleMs' | 'connections' | 'slowHandshake'
  >;
  /** Counts calls by who makes them, each message of a stream being one, at all listeners that share it; undefined for any number. */
  readonly rate?: CallRate | undefined;
  /** How many calls may come from one address; undefined for any number. */
  readonly addresses?: AddressRate | undefined;
  /** The proxies whose `x-forwarded-for` is believed; undefined for none. */
  readonly proxies?: TrustedProxies | undefined;
  /** Told of each call when it begins. Must not throw. */
  readonly callBegan?: () => void;
  /** Told of each call once, when its outcome is known. Must not throw. */
  readonly observer: (call: ObservedCall) => void;
}

export interface GrpcDoor {
  /** The `HOST:PORT` that is listened on. */
  readonly address: string;
  /** How many streams are open. */
  readonly openStreams: number;
  /** How many connections are open. */
  readonly openConnections: number;
  /** Sets what the health service reports, which is true at first. */
  setServing(serving: boolean): void;
  /** Uses this certificate for connections that are made from now on. */
  renewTls(tls: NonNullable<GrpcServerOptions['tls']>): void;
  /** Takes no new calls, ends streams and waits for other calls, `limitMs` at most; true when all calls could end. */
  drain(limitMs: number): Promise<boolean>;
}

/** From where a call comes, which is counted. Throws LIMITED where too many come from there. */
export function arrival(
  { addresses, proxies }: Pick<GrpcListenerOptions, 'addresses' | 'proxies'>,
  call: Incoming,
): From {
  const from = proxies === undefined ? call : { getPeer: () => clientOf(call, proxies) };
  addresses?.take(from);
  return from;
}

/** What the server of a door is given of its options. */
export function serverOptions(options: GrpcListenerOptions): GrpcServerOptions {
  const { limits, tls } = options;
  return { ...limits, ...(tls && { tls }), arrived: (call) => void arrival(options, call) };
}

/** How the client's address is found for the log, where there are proxies. */
export function peers({ proxies }: Pick<GrpcListenerOptions, 'proxies'>): Pick<Door<unknown>, 'peerOf'> {
  return proxies === undefined ? {} : { peerOf: (call) => clientOf(call, proxies) };
}

function clientOf(call: Incoming, proxies: TrustedProxies): string {
  return proxies.clientOf(call.getPeer(), call.metadata.get('x-forwarded-for').map(String).join(','));
}

/** The door of a server whose services are all there. Rejects when the address cannot be listened on, and names it. */
export async function openDoor(server: GrpcServer, address: string): Promise<GrpcDoor> {
  try {
    return {
      address: await server.listen(address),
      get openConnections() {
        return server.openConnections;
      },
      get openStreams() {
        return server.openStreams;
      },
      setServing: (serving) => server.setServing(serving),
      renewTls: (tls) => server.renewTls(tls),
      drain: (limitMs) => server.drain(limitMs),
    };
  } catch (error) {
    await server.drain(0);
    throw error;
  }
}

import type { DoorName } from '../../calls/doors.js';
import { AddressRate } from '../../calls/limits/address-rate.js';
import { CallRate } from '../../calls/limits/call-rate.js';
import type { ConnectionsOptions } from '../../calls/limits/connections.js';
import { TrustedProxies } from '../../calls/limits/trusted-proxies.js';
import type { Config } from '../../config/config.js';
import type { Metrics } from '../../observability/metrics.js';

/** What holds at all doors alike, whoever calls. */
export interface DoorLimits {
  /** Counts what comes from each address by all doors together; undefined where it may be any number. */
  readonly addresses: AddressRate | undefined;
  readonly proxies: TrustedProxies | undefined;
  /** Counts the calls of each caller at all gRPC listeners together; undefined where it may be any number. */
  readonly grpcCalls: CallRate | undefined;
  /** How many connections each address may have at one listener, which is named after its first door. */
  connections(listener: DoorName): ConnectionsOptions;
  /** The same for a gRPC listener, and who is told of handshakes that take too long. */
  grpcConnections(listener: DoorName): { readonly connections: ConnectionsOptions; readonly slowHandshake: () => void };
}

export function doorLimits({ limits, trustedProxies, grpcCallsPerMinute }: Config, metrics: Metrics): DoorLimits {
  const { callsPerMinuteOfAddress, connectionsOfAddress } = limits;
  const proxies = trustedProxies.length === 0 ? undefined : new TrustedProxies(trustedProxies);
  const connections = (listener: DoorName): ConnectionsOptions => ({
    maxOfAddress: connectionsOfAddress,
    // All that a proxy passes on comes from its address.
    isExempt: (address) => proxies?.has(address) ?? false,
    onRefused: () => metrics.doors.refused(listener, 'connections'),
  });
  return {
    addresses: callsPerMinuteOfAddress === 0 ? undefined : new AddressRate(callsPerMinuteOfAddress),
    proxies,
    grpcCalls: grpcCallsPerMinute === 0 ? undefined : new CallRate(grpcCallsPerMinute),
    connections,
    grpcConnections: (listener) => ({
      connections: connections(listener),
      slowHandshake: () => metrics.doors.refused(listener, 'slow'),
    }),
  };
}

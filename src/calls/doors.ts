/**
 * The ways in, as metrics and logs name them: gRPC, flagd's gRPC, and of HTTP the public API, OFREP, Connect, the administration, the
 * console with its sessions, and what watches the process (health, metrics).
 */
export const DOOR_NAMES = ['grpc', 'flagd', 'rest', 'ofrep', 'connect', 'admin', 'console', 'operations'] as const;
export type DoorName = (typeof DOOR_NAMES)[number];

/**
 * Why a connection was closed, or a request refused, before anybody was asked who sends it: what is no request of the protocol or is
 * longer than its head may be, what took too long to arrive, an answer that was not taken, an address with too many connections.
 */
export type Refusal = 'malformed' | 'slow' | 'stalled' | 'connections';

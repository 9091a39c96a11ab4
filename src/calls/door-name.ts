/**
 * The ways in, as metrics and logs name them: gRPC, flagd's gRPC, and of HTTP the public API, OFREP, Connect, the administration, the
 * console with its sessions, and what watches the process (health, metrics).
 */
export const DOOR_NAMES = ['grpc', 'flagd', 'rest', 'ofrep', 'connect', 'admin', 'console', 'operations'] as const;
export type DoorName = (typeof DOOR_NAMES)[number];

import { murmur3 } from './murmur3.js';

/** How many partitions per-user tables are spread over; fixed by the first migration. */
export const PARTITIONS = 4096;

/** The partition that a user is in. It leads the keys of every per-user table, and is the shard key. */
export function partitionOf(userId: string): number {
  return murmur3(userId) % PARTITIONS;
}

/**
 * The partition of an organization as an earner: one of as many that come after those of users. So no user has an organization's
 * partition, whatever ids they send, and the partition alone says what a row is of.
 */
export function organizationPartitionOf(organizationId: string): number {
  return PARTITIONS + partitionOf(organizationId);
}

/** Whether a partition is one of organizations. */
export function isOrganizationPartition(partition: number): boolean {
  return partition >= PARTITIONS;
}

/** A contiguous range of partitions, both ends included. */
export interface PartitionRange {
  readonly first: number;
  readonly last: number;
}

/**
 * The partitions of a lane, when there are `lanes` of them, 1…4096: lanes divide the partitions of users evenly and in order. As many
 * lanes after these, from `lanes` on, divide those of organizations: so what organizations earn never holds up a user.
 */
export function laneRange(lane: number, lanes: number): PartitionRange {
  return {
    first: Math.ceil((lane * PARTITIONS) / lanes),
    last: Math.ceil(((lane + 1) * PARTITIONS) / lanes) - 1,
  };
}

/** The lane that holds a partition. */
export function laneOf(partition: number, lanes: number): number {
  return Math.floor((partition * lanes) / PARTITIONS);
}

import { murmur3 } from './murmur3.js';

/** How many partitions per-user tables are spread over; fixed by the first migration. */
export const PARTITIONS = 4096;

/** The partition that a user is in. It leads the keys of every per-user table, and is the shard key. */
export function partitionOf(userId: string): number {
  return murmur3(userId) % PARTITIONS;
}

/** A contiguous range of partitions, both ends included. */
export interface PartitionRange {
  readonly first: number;
  readonly last: number;
}

/** The partitions of a lane, when there are `lanes` of them, 1…4096: lanes divide the partitions evenly and in order. */
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

import { partitionOf } from '../../../core/values/partition.js';

export type UserKey = readonly [part: number, userId: string];

/** The columns that name a user in every per-user table but `users` itself. */
export const USER_KEY = ['part', 'user_id'] as const;

export function userKey(userId: string): UserKey {
  return [partitionOf(userId), userId];
}

/** Each user once. */
export function userKeys(userIds: Iterable<string>): readonly UserKey[] {
  return [...new Set(userIds)].map(userKey);
}

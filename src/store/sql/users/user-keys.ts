import { partitionOf } from '../../../core/values/partition.js';

export type UserKey = readonly [part: number, userId: string];

/** The columns that name a user in every per-user table, except `users` itself. */
export const USER_KEY = ['part', 'user_id'] as const;

export function userKey(userId: string): UserKey {
  return [partitionOf(userId), userId];
}

/** The users' keys, each user once. */
export function userKeys(userIds: Iterable<string>): readonly UserKey[] {
  return [...new Set(userIds)].map(userKey);
}

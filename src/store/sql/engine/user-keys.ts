import type { Earner } from '../../../core/states/user-state.js';
import { organizationPartitionOf, partitionOf } from '../../../core/values/partition.js';

export type UserKey = readonly [part: number, userId: string];

/** The columns that name a user in every per-user table, except `users` itself. */
export const USER_KEY = ['part', 'user_id'] as const;

/** The key of a user, or of an organization as an earner, which no user has. */
export function userKey(userId: string, earner: Earner = 'user'): UserKey {
  return [earner === 'user' ? partitionOf(userId) : organizationPartitionOf(userId), userId];
}

/** The users' keys, each user once. */
export function userKeys(userIds: Iterable<string>, earner: Earner = 'user'): readonly UserKey[] {
  return [...new Set(userIds)].map((id) => userKey(id, earner));
}

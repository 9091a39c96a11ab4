import type { ActionTotal } from '../../src/core/states/user-state.js';
import { DAY_MS } from '../../src/core/values/time/time.js';
import type { Store } from '../../src/store/store.js';

export interface ManyUsers {
  readonly users: number;
  /** Counters of each user: `action-0`, `action-1`, … */
  readonly counters: number;
  /** How often the n-th user did the given action. */
  readonly countOf: (user: number, action: number) => number;
}

export const userName = (n: number): string => `user-${n}`;
export const organizationOf = (user: number): string => `organization-${user % 500}`;
export const actionName = (n: number): string => `action-${n}`;

const PER_TRANSACTION = 1_000;

/** Stores users with counters, in large transactions and by way of no service: nothing is latched, no timer is set. */
export async function loadManyUsers(
  store: Pick<Store, 'transaction' | 'now'>,
  { users, counters, countOf }: ManyUsers,
): Promise<void> {
  const now = await store.now();
  const total = (count: number): ActionTotal => ({
    ...{ count, sum: BigInt(count) * 1_000_000n, activeDays: Math.min(count, 5), recentDays: 31n },
    ...{ firstAt: now - 20 * DAY_MS, lastAt: now - DAY_MS },
  });
  for (let from = 0; from < users; from += PER_TRANSACTION) {
    const some = Array.from({ length: Math.min(PER_TRANSACTION, users - from) }, (_, i) => from + i);
    const ids = some.map(userName);
    await store.transaction(async (tx) => {
      await tx.users.lock(ids);
      await tx.users.putProfiles(
        some.map((n) => ({
          ...{ userId: userName(n), organizationId: organizationOf(n), roles: ['employee'] },
          ...{ joinedAt: now - (n % 365) * DAY_MS, emailVerified: n % 2 === 0, attributes: { plan: 'pro' } },
        })),
      );
      await tx.users.putTotals(
        some.flatMap((n) =>
          Array.from({ length: counters }, (_, action) => ({
            ...{ userId: userName(n), action: actionName(action), ...total(countOf(n, action)) },
          })),
        ),
      );
      await tx.users.advance(ids);
    });
  }
}

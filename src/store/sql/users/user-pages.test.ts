import { describe, expect, it } from '@jest/globals';
import { PARTITIONS } from '../../../core/values/partition.js';
import { sqliteDialect } from '../../sqlite/sqlite-dialect.js';
import type { Engine, Sql } from '../engine/sql.js';
import { userPages } from './user-pages.js';

/** Counts users of whom each partition has so many; gives how many there are, and how many each statement counted. */
async function counted(organizationId: string, usersIn: (partition: number) => number) {
  const statements: number[] = [];
  let next = 0;
  const rows = async (_: string, [first, end]: readonly unknown[] = []) => {
    expect(first).toBe(next);
    next = Number(end);
    let users = 0;
    for (let part = Number(first); part < Math.min(PARTITIONS, next); part++) users += usersIn(part);
    statements.push(users);
    return [{ users }];
  };
  const read = { dialect: sqliteDialect, rows, run: () => Promise.resolve(0) } as unknown as Sql;
  let pauses = 0;
  const total = await userPages({ read } as Engine).count(organizationId, async () => void pauses++);
  expect(next).toBeGreaterThanOrEqual(PARTITIONS);
  expect(pauses).toBe(statements.length);
  return { total, statements };
}

describe('a count of users', () => {
  for (const organizationId of ['', 'acme']) {
    it(`takes few statements where there are few users, and short ones where there are many: ${organizationId || 'all'}`, async () => {
      const few = await counted(organizationId, (part) => (part % 100 === 0 ? 1 : 0));
      expect(few.total).toBe(41);
      expect(few.statements.length).toBeLessThan(10);
      const many = await counted(organizationId, () => 1_000);
      expect(many.total).toBe(PARTITIONS * 1_000);
      expect(Math.max(...many.statements)).toBeLessThanOrEqual(16_000);
      expect(Math.max(...many.statements.slice(1))).toBeLessThanOrEqual(5_000);
      const crowded = await counted(organizationId, () => 20_000);
      expect(Math.max(...crowded.statements.slice(1))).toBe(20_000);
    });
  }
});

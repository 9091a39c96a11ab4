import { describe, expect, it } from '@jest/globals';
import { sqliteDialect } from '../../sqlite/sqlite-dialect.js';
import { StoreUnavailable } from '../../store.js';
import type { Engine, Sql } from './sql.js';
import { WriteCheck } from './write-check.js';

const full = new StoreUnavailable('the disk is full');

/** An engine that keeps the texts of writes; `fails` says whether one fails. */
function engineThat(fails: (text: string) => boolean) {
  const texts: string[] = [];
  const write: Sql = {
    dialect: sqliteDialect,
    rows: () => Promise.resolve([]),
    run: (text) => {
      texts.push(text);
      return fails(text) ? Promise.reject(full) : Promise.resolve(1);
    },
  };
  const engine = { dialect: sqliteDialect, read: write, write, transaction: (work) => work(write) } as Engine;
  return { texts, check: new WriteCheck(write), engine };
}

describe('the check whether writes are taken', () => {
  it('changes nothing where all is well, and rejects where writes are refused', async () => {
    let readOnly = false;
    const { texts, check } = engineThat(() => readOnly);
    await check.run();
    expect(texts).toEqual([expect.stringMatching(/^UPDATE meta .*WHERE name = ''$/)]);
    readOnly = true;
    await expect(check.run()).rejects.toBe(full);
  });

  it('writes a row after a write or a transaction has failed for the store, until that succeeds', async () => {
    for (const way of ['write', 'transaction'] as const) {
      let isFull: boolean = true;
      const { texts, check, engine } = engineThat((text) => isFull && text.startsWith('INSERT'));
      const watched = check.watching(engine);
      const insert = (sql: Sql) => sql.run('INSERT INTO events VALUES (1)');
      await expect(way === 'write' ? insert(watched.write) : watched.transaction(insert)).rejects.toBe(full);
      await expect(check.run()).rejects.toBe(full);
      isFull = false;
      await check.run();
      expect(texts.at(-1)).toMatch(/^INSERT INTO meta/);
      await check.run();
      expect(texts.at(-1)).toMatch(/^UPDATE/);
    }
  });
});

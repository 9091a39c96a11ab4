import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { migrateSqlite } from './migrate-sqlite.js';
import { serveAlone } from './serve-alone.js';
import { openSqliteStore } from './sqlite-store.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'latchkey-alone-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const modeOf = (path: string): number => statSync(path).mode & 0o777;

describe('the database file', () => {
  it('and what is beside it, and its folder, are for their owner alone', async () => {
    const path = join(folder, 'new', 'latchkey.db');
    await migrateSqlite({ path });
    const letGo = serveAlone(path);
    const store = await openSqliteStore({ path });
    await store.transaction((tx) => tx.now());
    try {
      expect(modeOf(join(folder, 'new'))).toBe(0o700);
      for (const suffix of ['', '-wal', '-shm', '.lock'])
        expect([suffix, modeOf(path + suffix)]).toEqual([suffix, 0o600]);
    } finally {
      await store.close();
      letGo();
    }
  });

  it('is closed to others where it was open to them, and its folder, which may be anybody’s, stays as it is', async () => {
    const path = join(folder, 'latchkey.db');
    writeFileSync(path, '', { mode: 0o644 });
    const before = modeOf(folder);
    await migrateSqlite({ path });
    expect([modeOf(path), modeOf(folder)]).toEqual([0o600, before]);
  });
});

describe('serving alone', () => {
  const tryElsewhere = (path: string): string => {
    const script = `
      import Database from 'better-sqlite3';
      try { new Database(process.argv[1], { timeout: 0 }).exec('BEGIN EXCLUSIVE'); console.log('taken'); }
      catch (error) { console.log(error.code); }`;
    const words = ['--input-type=module', '--eval', script, `${path}.lock`];
    return execFileSync(process.execPath, words, { encoding: 'utf8' }).trim();
  };

  it('keeps a second server out, of this process or another, until the first lets go', () => {
    const path = join(folder, 'latchkey.db');
    const letGo = serveAlone(path);
    expect(() => serveAlone(path)).toThrow(`another server serves the database ${path}: end it, or give`);
    expect(tryElsewhere(path)).toBe('SQLITE_BUSY');
    letGo();
    expect(tryElsewhere(path)).toBe('taken');
    serveAlone(path)();
  });
});

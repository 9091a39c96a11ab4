import { describe, expect, it } from '@jest/globals';
import { cacheStatements } from './cache-statements.js';

function connection(): { prepare(text: string): { readonly text: string }; readonly prepared: string[] } {
  const prepared: string[] = [];
  return {
    prepared,
    prepare: (text) => {
      prepared.push(text);
      return { text };
    },
  };
}

describe('the statements of a connection', () => {
  it('are prepared once each', () => {
    const db = connection();
    cacheStatements(db);
    const first = db.prepare('SELECT 1');
    expect(db.prepare('SELECT 1')).toBe(first);
    expect(db.prepare('SELECT 2')).not.toBe(first);
    expect(db.prepared).toEqual(['SELECT 1', 'SELECT 2']);
  });

  it('are prepared anew when they define data, or are too long to come again', () => {
    const db = connection();
    cacheStatements(db);
    const long = `SELECT ${'?, '.repeat(4000)}1`;
    for (const text of ['BEGIN', 'BEGIN', 'CREATE TABLE x (a)', 'CREATE TABLE x (a)', long, long]) db.prepare(text);
    expect(db.prepared).toHaveLength(6);
  });

  it('go when many others were used since', () => {
    const db = connection();
    cacheStatements(db);
    const [kept, gone] = [db.prepare('SELECT 0'), db.prepare('SELECT -1')];
    for (let i = 1; i <= 300; i++) {
      db.prepare(`SELECT ${i}`);
      db.prepare('SELECT 0');
    }
    expect(db.prepare('SELECT 0')).toBe(kept);
    expect(db.prepare('SELECT -1')).not.toBe(gone);
  });
});

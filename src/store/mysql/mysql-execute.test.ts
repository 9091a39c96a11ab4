import { describe, expect, it } from '@jest/globals';
import { mysqlExecute } from './mysql-execute.js';

type Done = (error: unknown, answer?: unknown) => void;

/** A connection that keeps each statement prepared, as the driver does, to a server that may lose what it has prepared. */
function connectionTo(server: { prepared: ReadonlySet<string>; refusal?: number }) {
  const kept = new Set<string>();
  const ways: string[] = [];
  return {
    ways,
    query(_text: string, _values: readonly unknown[], done: Done) {
      ways.push('text');
      done(null, []);
    },
    execute(text: string, _values: readonly unknown[], done: Done) {
      ways.push(kept.has(text) ? 'prepared' : 'prepared anew');
      if (server.refusal !== undefined) return done(Object.assign(new Error('refused'), { errno: server.refusal }));
      if (!kept.has(text)) {
        kept.add(text);
        server.prepared = new Set([...server.prepared, text]);
      }
      if (!server.prepared.has(text)) return done(Object.assign(new Error('lost'), { errno: 1243 }));
      done(null, []);
    },
    unprepare(text: string) {
      kept.delete(text);
    },
  };
}

const SELECT = { text: 'SELECT 1', values: [], prepared: true };

describe('a prepared statement', () => {
  it('runs as text where the server has lost it, and is prepared anew the next time', async () => {
    const server = { prepared: new Set<string>() };
    const connection = connectionTo(server);
    await mysqlExecute(connection, SELECT);
    await mysqlExecute(connection, SELECT);
    server.prepared = new Set();
    for (let i = 0; i < 3; i++) await mysqlExecute(connection, SELECT);
    expect(connection.ways).toEqual(['prepared anew', 'prepared', 'prepared', 'text', 'prepared anew', 'prepared']);
  });

  it.each([1295, 1461])('runs as text where the server does not prepare it: %d', async (refusal) => {
    const connection = connectionTo({ prepared: new Set(), refusal });
    expect(await mysqlExecute(connection, SELECT)).toEqual([]);
    expect(connection.ways).toEqual(['prepared anew', 'text']);
  });

  it('fails by any other error', async () => {
    const connection = connectionTo({ prepared: new Set(), refusal: 1064 });
    await expect(mysqlExecute(connection, SELECT)).rejects.toThrow('refused');
    expect(connection.ways).toEqual(['prepared anew']);
  });
});

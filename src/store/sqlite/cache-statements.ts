import { LRUCache } from 'lru-cache';

/** Statements kept for one connection; the store has about a hundred, some in several lengths. */
const MOST_STATEMENTS = 256;
/** Longer texts carry many rows: they hardly come twice, and preparing is a small part of their cost. */
const LONGEST_TEXT = 8000;
/** Nothing else is repeated, and data definition must not be. */
const REPEATED = /^(SELECT|INSERT|UPDATE|DELETE)\b/;

interface Preparing {
  prepare(text: string): object;
}

/**
 * Lets a connection prepare each statement once. Preparing takes several times as long as running a small query, and
 * knex asks for it every time. The least recently used one goes first.
 */
export function cacheStatements(connection: Preparing): void {
  const prepare = connection.prepare.bind(connection);
  const statements = new LRUCache<string, object>({ max: MOST_STATEMENTS });
  connection.prepare = (text) => {
    if (text.length > LONGEST_TEXT || !REPEATED.test(text)) return prepare(text);
    const statement = statements.get(text) ?? prepare(text);
    statements.set(text, statement);
    return statement;
  };
}

import { LRUCache } from 'lru-cache';

/** How many statements are kept for a connection; the store has about a hundred, some of them in several lengths. */
const MOST_STATEMENTS = 256;
/** The longest text that is kept: a longer one has many rows, hardly comes twice, and costs little to prepare in comparison. */
const LONGEST_TEXT = 8000;
/** The statements that are kept: others are not repeated, and data definition must be prepared anew. */
const REPEATED = /^(SELECT|INSERT|UPDATE|DELETE)\b/;

interface Preparing {
  prepare(text: string): object;
}

/**
 * Lets a connection prepare each statement once. Preparing takes several times as long as running a small query, and it
 * would be done every time. When there are too many, the least recently used statement is dropped.
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

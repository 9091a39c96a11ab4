/** What the driver needs to connect. */
export interface MysqlConnection {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  readonly socketPath?: string;
  readonly ssl?: { readonly rejectUnauthorized: true };
}

const DEFAULT_PORT = 3306;

/**
 * Reads `mysql://USER:PASSWORD@HOST:PORT/DATABASE` (`mariadb://` likewise), with `?ssl=true` for TLS with a certificate
 * that the system trusts, and `?socket=PATH` for a local socket. Throws with what is wrong, never with the password.
 */
export function parseMysqlUrl(text: string): MysqlConnection {
  if (!URL.canParse(text)) throw unreadable();
  const url = new URL(text);
  if (url.protocol !== 'mysql:' && url.protocol !== 'mariadb:') {
    throw new Error(`the database URL begins with ${url.protocol} instead of mysql:`);
  }
  const database = decoded(url.pathname.slice(1));
  if (database === '') throw new Error('the database URL names no database: add /NAME after the host');
  return {
    // An IPv6 address stands in brackets in a URL, and without them everywhere else.
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? DEFAULT_PORT : Number(url.port),
    user: decoded(url.username),
    password: decoded(url.password),
    database,
    ...optionsOf(url.searchParams),
  };
}

function optionsOf(options: URLSearchParams): Pick<MysqlConnection, 'socketPath' | 'ssl'> {
  const unknown = [...options.keys()].find((key) => key !== 'ssl' && key !== 'socket');
  if (unknown !== undefined) throw new Error(`the database URL has an unknown option ${JSON.stringify(unknown)}`);
  const ssl = options.get('ssl') ?? 'false';
  // A misspelled "true" must not lead to a connection without TLS.
  if (ssl !== 'true' && ssl !== 'false') throw new Error(`the database URL says ssl=${ssl}: write true or false`);
  const socketPath = options.get('socket');
  return {
    ...(socketPath !== null && { socketPath }),
    ...(ssl === 'true' && { ssl: { rejectUnauthorized: true } }),
  };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw unreadable();
  }
}

function unreadable(): Error {
  return new Error('the database URL cannot be read: write mysql://USER:PASSWORD@HOST:PORT/NAME, specials as %XX');
}

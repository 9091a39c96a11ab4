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
  if (!URL.canParse(text))
    throw new Error('the database URL cannot be read: write mysql://USER:PASSWORD@HOST:PORT/NAME');
  const url = new URL(text);
  if (url.protocol !== 'mysql:' && url.protocol !== 'mariadb:') {
    throw new Error(`the database URL begins with ${url.protocol} instead of mysql:`);
  }
  const database = decodeURIComponent(url.pathname.slice(1));
  if (database === '') throw new Error('the database URL names no database: add /NAME after the host');
  const unknown = [...url.searchParams.keys()].filter((key) => key !== 'ssl' && key !== 'socket');
  if (unknown.length > 0) throw new Error(`the database URL has an unknown option ${JSON.stringify(unknown[0])}`);
  const socketPath = url.searchParams.get('socket');
  return {
    // An IPv6 address stands in brackets in a URL, and without them everywhere else.
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? DEFAULT_PORT : Number(url.port),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    database,
    ...(socketPath !== null && { socketPath }),
    ...(url.searchParams.get('ssl') === 'true' && { ssl: { rejectUnauthorized: true as const } }),
  };
}

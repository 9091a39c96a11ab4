import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';

/** What the driver needs to connect. */
export interface MysqlConnection {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  readonly socketPath?: string;
  readonly ssl?: { readonly rejectUnauthorized: true; readonly verifyIdentity: true };
  /** The files of TLS that the URL names. */
  readonly tlsFiles?: TlsFiles;
}

/** PEM files: the authorities to trust, and the client's certificate with its key. */
export interface TlsFiles {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

const DEFAULT_PORT = 3306;

/**
 * Reads `mysql://USER:PASSWORD@HOST:PORT/DATABASE` (`mariadb://` likewise), with `?ssl=true` for TLS, where the
 * server's certificate must be for HOST and from an authority that Node.js trusts, or from one in `&ssl_ca=FILE`; a client
 * certificate is given by `&ssl_cert=FILE&ssl_key=FILE`. `?socket=PATH` is a local socket. Throws with what is wrong, never with the password.
 */
export function parseMysqlUrl(text: string): MysqlConnection {
  if (!URL.canParse(text)) throw unreadable();
  const url = new URL(text);
  if (url.protocol !== 'mysql:' && url.protocol !== 'mariadb:') {
    throw new Error(`the database URL begins with ${url.protocol} instead of mysql:`);
  }
  const database = decoded(url.pathname.slice(1));
  if (database === '') throw new Error('the database URL names no database: add /NAME after the host');
  // An IPv6 address has brackets in a URL, but not elsewhere.
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const options = optionsOf(url.searchParams);
  if (options.ssl !== undefined && options.socketPath === undefined && isIP(host) !== 0) {
    // The driver checks a certificate for names only, and would check this one for "localhost".
    throw new Error("the database URL has an address and ssl=true: give the name that the server's certificate is for");
  }
  return {
    host,
    port: url.port === '' ? DEFAULT_PORT : Number(url.port),
    user: decoded(url.username),
    password: decoded(url.password),
    database,
    ...options,
  };
}

/** Reads the files; gives their contents by the same names. Throws with the option's name and what is wrong. */
export function readTlsFiles(files: TlsFiles): TlsFiles {
  const read = Object.entries(files).map(([name, file]: [string, string]) => {
    try {
      return [name, readFileSync(file, 'utf8')];
    } catch (error) {
      throw new Error(`ssl_${name}=${JSON.stringify(file)} cannot be read: ${(error as Error).message}`);
    }
  });
  return Object.fromEntries(read) as TlsFiles;
}

const OPTIONS = ['ssl', 'ssl_ca', 'ssl_cert', 'ssl_key', 'socket'];

function optionsOf(options: URLSearchParams): Pick<MysqlConnection, 'socketPath' | 'ssl' | 'tlsFiles'> {
  const unknown = [...options.keys()].find((key) => !OPTIONS.includes(key));
  if (unknown !== undefined) throw new Error(`the database URL has an unknown option ${JSON.stringify(unknown)}`);
  const ssl = options.get('ssl') ?? 'false';
  // A misspelled "true" must not lead to a connection without TLS.
  if (ssl !== 'true' && ssl !== 'false') throw new Error(`the database URL says ssl=${ssl}: write true or false`);
  const [socketPath, ca, cert, key] = ['socket', 'ssl_ca', 'ssl_cert', 'ssl_key'].map((name) => options.get(name));
  const tlsFiles = { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
  const named = Object.keys(tlsFiles).length > 0;
  if (named && ssl === 'false') throw new Error('the database URL names files of TLS without ssl=true');
  if (!cert !== !key) throw new Error('the database URL has one of ssl_cert and ssl_key: they go together');
  return {
    ...(socketPath && { socketPath }),
    ...(ssl === 'true' && { ssl: { rejectUnauthorized: true, verifyIdentity: true } as const }),
    ...(named && { tlsFiles }),
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

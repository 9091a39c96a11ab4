import { isIP } from 'node:net';
import { ConfigError, type Environment } from './environment.js';

/** A `HOST:PORT`. */
export function address(env: Environment, name: string, fallback: string): string {
  const value = env.text(name) ?? fallback;
  const port = Number(/^(.+):(\d{1,5})$/.exec(value)?.[2]);
  if (port <= 65_535) return value;
  throw new ConfigError(`${name}=${JSON.stringify(value)} is no HOST:PORT, like ${fallback}`);
}

/** Whether no other machine can reach a `HOST:PORT`. */
export function isLoopback(hostAndPort: string): boolean {
  const bare = hostAndPort.slice(0, hostAndPort.lastIndexOf(':')).replace(/^\[|\]$/g, '');
  return bare === 'localhost' || bare === '::1' || (isIP(bare) === 4 && bare.startsWith('127.'));
}

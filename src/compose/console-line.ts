import { relative } from 'node:path';
import type { Config } from '../config/config.js';

/** What answers on every address of the machine, and an address of loopback that is among them. */
const WILDCARDS: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '[::]': '[::1]' };
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/i;

/**
 * Where the console is, and how one signs in, for whoever has just started the server at a terminal of their own. Empty where that
 * cannot be told: on an address that is no loopback the console signs nobody in without TLS, so there it is reached through a proxy.
 */
export function consoleLine(
  { console, httpBasePath, tls }: Pick<Config, 'console' | 'httpBasePath' | 'tls'>,
  {
    httpAddress,
    adminTokenFile,
  }: { readonly httpAddress: string | undefined; readonly adminTokenFile: string | undefined },
): string {
  if (!console || httpAddress === undefined || adminTokenFile === undefined) return '';
  const colon = httpAddress.lastIndexOf(':');
  const [listens, port] = [httpAddress.slice(0, colon), httpAddress.slice(colon)];
  const host = WILDCARDS[listens] ?? listens;
  if (tls === undefined && !LOOPBACK.test(host)) return '';
  const address = `${tls === undefined ? 'http' : 'https'}://${host}${port}${httpBasePath}/console/`;
  return `latchkey: the console is at ${address}\nlatchkey: sign in there with the token in ${relative('', adminTokenFile)}\n`;
}

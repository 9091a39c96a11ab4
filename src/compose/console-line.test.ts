import { expect, it } from '@jest/globals';
import type { TlsConfig } from '../config/tls-config.js';
import { consoleLine } from './console-line.js';

const line = (httpAddress: string | undefined, given: { tls?: boolean; base?: string; console?: boolean } = {}) =>
  consoleLine(
    { console: given.console ?? true, httpBasePath: given.base ?? '', tls: given.tls ? ({} as TlsConfig) : undefined },
    { httpAddress, adminTokenFile: 'data/admin-token' },
  );
const addressOf = (...given: Parameters<typeof line>) => /is at (\S+)/.exec(line(...given))?.[1];

it('the address of the console is one at which a browser on this machine is let in', () => {
  expect(line('127.0.0.1:8080')).toBe(
    'latchkey: the console is at http://127.0.0.1:8080/console/\nlatchkey: sign in there with the token in data/admin-token\n',
  );
  expect(addressOf('127.0.0.1:8443', { tls: true, base: '/flags' })).toBe('https://127.0.0.1:8443/flags/console/');
  expect(addressOf('0.0.0.0:8080')).toBe('http://127.0.0.1:8080/console/');
  expect(addressOf('[::]:8080')).toBe('http://[::1]:8080/console/');
  expect(addressOf('[::1]:8080')).toBe('http://[::1]:8080/console/');
  expect(addressOf('0.0.0.0:8443', { tls: true })).toBe('https://127.0.0.1:8443/console/');
  expect(addressOf('192.0.2.7:8443', { tls: true })).toBe('https://192.0.2.7:8443/console/');
});

it('nothing is told where there is no console, or no address of it that signs anybody in', () => {
  expect([line('192.0.2.7:8080'), line(undefined), line('127.0.0.1:8080', { console: false })]).toEqual(['', '', '']);
  const settled = { console: true, httpBasePath: '', tls: undefined };
  expect(consoleLine(settled, { httpAddress: '127.0.0.1:8080', adminTokenFile: undefined })).toBe('');
});

import { describe, expect, it } from '@jest/globals';
import { parseMysqlUrl } from './mysql-url.js';

describe('a MySQL URL', () => {
  it('names host, port, user, password and database, each decoded', () => {
    expect(parseMysqlUrl('mysql://us%40er:p%3Ass%2F@db.example:3307/latch%20key')).toEqual({
      host: 'db.example',
      port: 3307,
      user: 'us@er',
      password: 'p:ss/',
      database: 'latch key',
    });
  });

  it('takes the usual port, IPv6, a socket, and TLS', () => {
    expect(parseMysqlUrl('mariadb://u@[::1]/x?ssl=true&socket=/run/db.sock')).toEqual({
      host: '::1',
      port: 3306,
      user: 'u',
      password: '',
      database: 'x',
      socketPath: '/run/db.sock',
      ssl: { rejectUnauthorized: true },
    });
  });

  it.each([
    ['not a url', 'cannot be read'],
    ['postgres://u:secret@h/x', 'begins with postgres:'],
    ['mysql://u:secret@h', 'names no database'],
    ['mysql://u:secret@h/x?tls=1', 'unknown option "tls"'],
    ['mysql://u:secret@h/x?ssl=yes', 'ssl'],
    ['mysql://u:secret%@h/x', 'cannot be read'],
  ])('is refused when it is %s, without its password', (url, message) => {
    expect(() => parseMysqlUrl(url)).toThrow(message);
    expect(() => parseMysqlUrl(url)).not.toThrow('secret');
  });
});

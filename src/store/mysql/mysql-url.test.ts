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
    expect(parseMysqlUrl('mariadb://u@[::1]/x?socket=/run/db.sock')).toEqual({
      host: '::1',
      port: 3306,
      user: 'u',
      password: '',
      database: 'x',
      socketPath: '/run/db.sock',
    });
    const tls = 'mysql://u@db.example/x?ssl=true&ssl_ca=/a/ca.pem&ssl_cert=/a/c.pem&ssl_key=/a/k.pem';
    expect(parseMysqlUrl(tls)).toMatchObject({
      ssl: { rejectUnauthorized: true, verifyIdentity: true },
      tlsFiles: { ca: '/a/ca.pem', cert: '/a/c.pem', key: '/a/k.pem' },
    });
  });

  it.each([
    ['not a url', 'cannot be read'],
    ['postgres://u:secret@h/x', 'begins with postgres:'],
    ['mysql://u:secret@h', 'names no database'],
    ['mysql://u:secret@h/x?tls=1', 'unknown option "tls"'],
    ['mysql://u:secret@h/x?ssl=yes', 'ssl'],
    ['mysql://u:secret@h/x?ssl_ca=/a', 'without ssl=true'],
    ['mysql://u:secret@h/x?ssl=true&ssl_cert=/a', 'go together'],
    ['mysql://u:secret@10.0.0.1/x?ssl=true', 'give the name that the server'],
    ['mysql://u:secret%@h/x', 'cannot be read'],
  ])('is refused when it is %s, without its password', (url, message) => {
    expect(() => parseMysqlUrl(url)).toThrow(message);
    expect(() => parseMysqlUrl(url)).not.toThrow('secret');
  });
});

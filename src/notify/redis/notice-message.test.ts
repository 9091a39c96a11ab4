import { describe, expect, it } from '@jest/globals';
import { decodeNotice, encodeNotice } from './notice-message.js';

describe('the messages of the notifier', () => {
  it('stay below 64 KiB however many users there are, and lose none', () => {
    const users = Array.from({ length: 10_000 }, (_, i) => ({ id: `${'ü'.repeat(100)}${i}`, revision: i }));
    const messages = encodeNotice('server', { kind: 'users', users });
    expect(Math.max(...messages.map((message) => Buffer.byteLength(message)))).toBeLessThan(64 * 1024);
    const read = messages.map(decodeNotice).flatMap((m) => (m?.notice.kind === 'users' ? m.notice.users : []));
    expect(read).toEqual(users);
  });

  it('are none for a notice about nobody', () => {
    expect(encodeNotice('server', { kind: 'users', users: [] })).toEqual([]);
  });

  it('name their sender', () => {
    expect(encodeNotice('n1', { kind: 'tokens' }).map(decodeNotice)).toEqual([
      { from: 'n1', notice: { kind: 'tokens' } },
    ]);
    expect(decodeNotice('{"kind":"tokens"}')).toEqual({ from: undefined, notice: { kind: 'tokens' } });
  });

  it.each([
    ['no JSON', '{"kind":"tokens"'],
    ['no object', '"tokens"'],
    ['null', 'null'],
    ['a list', '[]'],
    ['no kind', '{}'],
    ['an unknown kind', '{"kind":"flags"}'],
    ['no revision', '{"kind":"configuration"}'],
    ['a revision that is no number', '{"kind":"configuration","revision":"7"}'],
    ['a negative revision', '{"kind":"configuration","revision":-1}'],
    ['a broken revision', '{"kind":"configuration","revision":1.5}'],
    ['a revision too large to be exact', '{"kind":"configuration","revision":9007199254740993}'],
    ['no list of users', '{"kind":"users"}'],
    ['users that are no list', '{"kind":"users","users":{"length":0}}'],
    ['one bad user among good ones', '{"kind":"users","users":[{"id":"a","revision":1},{"id":2,"revision":1}]}'],
    ['an organization without a revision', '{"kind":"organizations","organizations":[{"id":"a"}]}'],
  ])('are dropped when malformed: %s', (_name, message) => {
    expect(decodeNotice(message)).toBeUndefined();
  });
});

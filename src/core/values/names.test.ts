import { describe, expect, it } from '@jest/globals';
import { faultOfName, faultOfNames, MAX_LENGTH, type NameKind } from './names.js';

const KINDS = Object.keys(MAX_LENGTH) as NameKind[];

describe('a name from outside', () => {
  it.each(KINDS)('may be as long as its column and no longer: %s', (kind) => {
    expect(faultOfName(kind, 'a'.repeat(MAX_LENGTH[kind]))).toBeUndefined();
    expect(faultOfName(kind, 'a'.repeat(MAX_LENGTH[kind] + 1))).toContain(`at most ${MAX_LENGTH[kind]} characters`);
  });

  it.each([
    [7, 'is text'],
    [null, 'is text'],
    [undefined, 'is text'],
    ['', 'must not be empty'],
    ['ada\n', 'control characters'],
    ['a\u0000da', 'control characters'],
    ['ada ', 'no spaces at its ends'],
    [' ada', 'no spaces at its ends'],
    ['ada\u00a0', 'no spaces at its ends'],
    ['ada\ud800', 'half a surrogate pair'],
  ])('is refused: %j', (value, message) => {
    for (const kind of KINDS) expect(faultOfName(kind, value)).toContain(message);
  });

  it.each(["'; DROP TABLE users; --", '__proto__', 'constructor', '\u4e16\u754c', 'a b', 'user:1|2', '%{x}'])(
    'may be any text where it is not a slug: %s',
    (value) => {
      expect(faultOfName('userId', value)).toBeUndefined();
      expect(faultOfName('role', value)).toBeUndefined();
    },
  );

  it('of a flag or a segment is a slug, and of a flag never looks like an id', () => {
    for (const kind of ['flagKey', 'segmentKey'] as const) {
      for (const good of ['insights_tab', 'a', '7-days', 'v1.2', 'constructor'])
        expect(faultOfName(kind, good)).toBeUndefined();
      for (const bad of ['_proto', '__proto__', '-a', 'a b', 'a/b', '\u00e4'])
        expect(faultOfName(kind, bad)).toContain('begins with');
    }
    expect(faultOfName('flagKey', 'flg_1')).toContain('as ids do');
    expect(faultOfName('segmentKey', 'flg_1')).toBeUndefined();
  });

  it('is cut short in the message', () => {
    expect(faultOfName('userId', 'x'.repeat(100_000))!.length).toBeLessThan(250);
  });
});

describe('names that tell things of one kind apart', () => {
  const named = (...names: string[]) => names.map((name) => ({ name }));

  it('may each stand once', () => {
    expect(faultOfNames('stage', named('tour', 'Tour', 'welcome'))).toBeUndefined();
    expect(faultOfNames('stage', named('tour', 'welcome', 'tour'))).toEqual({
      pointer: '/2/name',
      message: 'the stage "tour" stands twice; leave one out',
    });
  });

  it('are each a name of that kind', () => {
    expect(faultOfNames('role', named('lead', 'x'.repeat(65)))).toEqual({
      pointer: '/1/name',
      message: expect.stringContaining('a role has at most 64 characters'),
    });
  });
});

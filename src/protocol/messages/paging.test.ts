import { describe, expect, it } from '@jest/globals';
import { Paging } from './paging.js';

const first = { pageSize: 0, pageToken: '' };

function tokenOf(list: string, request: object, position = 'user "é" 👩‍🚀'): string {
  return new Paging(list, { ...first, ...request }).tokenOf(position);
}

const INVALID = { code: 'INVALID', faults: [{ pointer: '/page_token' }] };

describe('a page', () => {
  it('has 50 entries unless another size is asked for, and 1,000 at most', () => {
    const sizes = [0, 1, 1_000, 4_294_967_295].map((pageSize) => new Paging('L', { ...first, pageSize }).page);
    expect(sizes).toEqual([{ limit: 50 }, { limit: 1 }, { limit: 1_000 }, { limit: 1_000 }]);
  });

  it('is followed by the one that its token names, whatever its size', () => {
    const filter = { tag: 'beta', archived: false };
    const pageToken = tokenOf('L', filter);
    const next = new Paging('L', { ...filter, pageToken, pageSize: 7 });
    expect(next.page).toEqual({ limit: 7, after: 'user "é" 👩‍🚀' });
    expect(next.tokenOf(undefined)).toBe('');
  });

  it('shows nothing of a position in its token', () => {
    expect(tokenOf('L', {})).toMatch(/^[\w-]+$/);
    expect(tokenOf('L', {}, 'ada')).not.toContain('ada');
  });

  it('knows whether only what is asked of the state has changed since the token', () => {
    const pageToken = tokenOf('L', { userId: 'ada', consistency: 0, consistencyToken: '' });
    const asked = { userId: 'ada', consistency: 2, consistencyToken: 'v1.x', pageSize: 0, pageToken };
    expect(new Paging('L', asked).page.after).toBeDefined();
  });

  it.each([
    ['another list’s', tokenOf('M', { tag: 'a' })],
    ['another filter’s', tokenOf('L', { tag: 'b' })],
    ['that of no filter', tokenOf('L', {})],
    ['that of one filter more', tokenOf('L', { tag: 'a', archived: true })],
    ['no token at all', 'nonsense'],
    ['a position in clear', 'reports'],
    ['a token cut short', tokenOf('L', { tag: 'a' }).slice(0, 6)],
    ['a token with something behind it', `${tokenOf('L', { tag: 'a' })}=`],
    ['one that no encoder writes', `${tokenOf('L', { tag: 'a' })}\n`],
  ])('takes no token that is %s', (_what, pageToken) => {
    const asking = () => new Paging('L', { tag: 'a', pageSize: 0, pageToken } as never);
    expect(asking).toThrow(/page_token .* is none that L gave for this filter/);
    expect(asking).toThrow(expect.objectContaining({ code: INVALID.code }));
  });
});

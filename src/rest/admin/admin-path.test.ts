import { describe, expect, it } from '@jest/globals';
import { namedInPath, pathAndQuery } from './admin-path.js';

describe('the target of a request', () => {
  it.each([
    ['/api/admin/users/alice?a=b', '/api/admin/users/alice?a=b'],
    ['http://flags.example.com/api/admin/users/alice', '/api/admin/users/alice'],
    ['HTTPS://flags.example.com:8443/api/admin/users/alice?a=b', '/api/admin/users/alice?a=b'],
    ['http://flags.example.com', '/'],
    ['http://flags.example.com?a=b', '/?a=b'],
    ['/api/admin/users/alice#x', '/api/admin/users/alice'],
    ['*', '/*'],
    ['', '/'],
  ])('%j is for %j', (target, expected) => {
    expect(pathAndQuery(target)).toBe(expected);
  });

  it('keeps what is percent-encoded in an id', () => {
    expect(namedInPath(pathAndQuery('/api/admin/users/unlocks?user_id=a%23b%2Fc'))).toBe(
      '/api/admin/users/a%23b%2Fc/unlocks',
    );
  });
});

import { status } from '@grpc/grpc-js';
import { describe, expect, it } from '@jest/globals';
import { type ErrorCode, LatchkeyError } from '../../calls/errors.js';
import { isUnexpected } from '../../protocol/messages/failure.js';
import { StoreUnavailable } from '../../store/store.js';
import { failureStatus } from './status.js';

describe('the status of a failed call', () => {
  it.each<[ErrorCode, status]>([
    ['INVALID', status.INVALID_ARGUMENT],
    ['NOT_FOUND', status.NOT_FOUND],
    ['CONFLICT', status.ABORTED],
    ['UNAUTHENTICATED', status.UNAUTHENTICATED],
    ['FORBIDDEN', status.PERMISSION_DENIED],
    ['LIMITED', status.RESOURCE_EXHAUSTED],
    ['UNAVAILABLE', status.UNAVAILABLE],
  ])('for %s tells the message as it is, and never the cause', (code, expected) => {
    const failure = failureStatus(new LatchkeyError(code, 'what to do', { cause: new Error('secret') }), 'r1');
    expect(failure).toMatchObject({ code: expected, details: 'what to do' });
    expect(failure.metadata.get('x-request-id')).toEqual(['r1']);
  });

  it.each([new Error('secret'), new LatchkeyError('INTERNAL', 'secret'), 'secret', undefined])(
    'for a defect tells the request id alone',
    (defect) => {
      const { code, details } = failureStatus(defect, 'r1');
      expect({ code, details }).toEqual({
        code: status.INTERNAL,
        details: 'internal error; the log has it under request id r1',
      });
      expect(isUnexpected(defect)).toBe(true);
    },
  );

  it('for a store that is away is UNAVAILABLE, without what the driver said', () => {
    const away = new StoreUnavailable('connect ECONNREFUSED 10.0.0.7:3306');
    expect(failureStatus(away, 'r1')).toMatchObject({ code: status.UNAVAILABLE });
    expect(failureStatus(away, 'r1').details).not.toContain('10.0.0.7');
    expect(isUnexpected(away)).toBe(false);
  });

  it('names each fault that the message does not', () => {
    const faults = [
      { pointer: '/all/0', message: 'unknown fact "x"' },
      { pointer: '/any', message: 'told' },
    ];
    const { details } = failureStatus(new LatchkeyError('INVALID', 'two faults, one told', { faults }), 'r1');
    expect(details).toBe('two faults, one told: /all/0: unknown fact "x"');
  });

  it('can be sent whatever the message holds: cut in the middle of a character, or far too long', () => {
    for (const long of ['x'.repeat(9000), '"\u{1f600}'.repeat(9000)]) {
      const { details } = failureStatus(new LatchkeyError('INVALID', '\u{1f600}'.slice(0, 1) + long), 'r1');
      expect(encodeURI(details).length).toBeLessThanOrEqual(6000);
      expect(details.length).toBeGreaterThan(500);
    }
  });
});

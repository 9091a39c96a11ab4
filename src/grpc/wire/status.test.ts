import { status } from '@grpc/grpc-js';
import { describe, expect, it } from '@jest/globals';
import { busy, type ErrorCode, invalid, LatchkeyError, limited, notFound, unavailable } from '../../calls/errors.js';
import { StaleVersion } from '../../calls/writes/stale-version.js';
import { isUnexpected } from '../../protocol/messages/failure.js';
import { StoreUnavailable } from '../../store/store.js';
import { detailsOf } from '../testing/details-of.js';
import { failureStatus } from './status.js';

/** A refused change of a segment of that name. */
function stale(name: string): StaleVersion {
  const value = { ...{ id: 'seg_1', key: 'k', name }, ...{ conditions: {}, version: 2, createdAt: 1, updatedAt: 1 } };
  return new StaleVersion('k', 1, { kind: 'segment', value });
}

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

  it('says for machines who failed and how, and where the input is at fault', () => {
    const faults = [
      { pointer: '/rules/0/conditions/all/1', message: 'unknown fact "x"' },
      { pointer: '', message: 'too much of it' },
    ];
    expect(detailsOf(failureStatus(invalid('two faults', faults), 'r1'))).toEqual({
      'google.rpc.ErrorInfo': { reason: 'INVALID', domain: 'latchkey', metadata: { request_id: 'r1' } },
      'google.rpc.BadRequest': {
        fieldViolations: faults.map(({ pointer, message }) => ({ field: pointer, description: message, reason: '' })),
      },
    });
    expect(detailsOf(failureStatus(notFound('no flag "x"'), 'r1'))).toEqual({
      'google.rpc.ErrorInfo': { reason: 'NOT_FOUND', domain: 'latchkey', metadata: { request_id: 'r1' } },
    });
  });

  it('says when to try again, where waiting helps', () => {
    const retry = { 'google.rpc.RetryInfo': { retryDelay: { seconds: 1, nanos: 0 } } };
    for (const error of [unavailable('away'), new StoreUnavailable('away'), busy('two already')])
      expect(detailsOf(failureStatus(error, 'r1'))).toMatchObject(retry);
    for (const error of [limited('split it'), invalid('no'), notFound('none')])
      expect(detailsOf(failureStatus(error, 'r1'))).not.toHaveProperty(['google.rpc.RetryInfo']);
  });

  it('tells nothing of a defect but the request’s id', () => {
    const faults = [{ pointer: '/secret', message: 'secret' }];
    for (const defect of [new Error('secret'), new LatchkeyError('INTERNAL', 'secret', { faults })]) {
      expect(detailsOf(failureStatus(defect, 'r1'))).toEqual({
        'google.rpc.ErrorInfo': { reason: 'INTERNAL', domain: 'latchkey', metadata: { request_id: 'r1' } },
      });
    }
  });

  it('can be sent whatever it holds: cut in the middle of a character, or far too long', () => {
    const half = '\u{1f600}'.slice(0, 1);
    for (const long of ['x', '"\u{1f600}', 'é'].map((text) => half + text.repeat(9000))) {
      const faults = Array.from({ length: 50 }, (_, i) => ({
        pointer: `/rules/${i}/${half}`,
        message: long.slice(0, 200),
      }));
      for (const error of [invalid(long), invalid(long, faults), invalid('short', faults), stale(long)]) {
        const failure = failureStatus(error, 'r'.repeat(128));
        const [trailer] = failure.metadata.get('grpc-status-details-bin') as Buffer[];
        expect(encodeURI(failure.details).length + trailer!.toString('base64').length).toBeLessThanOrEqual(7_500);
        expect(detailsOf(failure)['google.rpc.ErrorInfo']).toMatchObject({ domain: 'latchkey' });
      }
      expect(failureStatus(invalid(long), 'r1').details.length).toBeGreaterThan(400);
    }
  });

  it('counts the faults that it has no room for', () => {
    const faults = Array.from({ length: 50 }, (_, i) => ({ pointer: `/rules/${i}`, message: 'x'.repeat(200) }));
    const details = detailsOf(failureStatus(invalid('many', faults), 'r1'));
    const told = details['google.rpc.BadRequest']!.fieldViolations;
    expect(told.length).toBeGreaterThan(5);
    expect(told.map(({ field }) => field)).toEqual(faults.slice(0, told.length).map(({ pointer }) => pointer));
    expect(details['google.rpc.ErrorInfo']!.metadata.omitted_violations).toBe(String(50 - told.length));
  });
});

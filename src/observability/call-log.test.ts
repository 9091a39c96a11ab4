import { expect, it } from '@jest/globals';
import { callLog, type EndedCall } from './call-log.js';
import { createLogger } from './logger.js';
import { Metrics } from './metrics.js';

const call: EndedCall = {
  ...{ operation: 'GET /x', code: '404', durationMs: 1.23456, requestId: 'r1', actor: 'token:t', peer: '203.0.113.7' },
  ...{ error: new Error('no such thing'), unexpected: false, unauthenticated: false },
};

it('of a call that succeeded nothing is found out that is not written', () => {
  const asked: string[] = [];
  const succeeded = new Proxy(
    { ...call, code: '200', error: undefined },
    {
      get: (target, name) => {
        asked.push(String(name));
        return Reflect.get(target, name) as unknown;
      },
    },
  );
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  callLog('grpc', new Metrics(), createLogger('info', destination))(succeeded);
  expect(lines).toEqual([]);
  expect(asked).not.toContain('requestId');
  expect(asked).not.toContain('peer');
  callLog('grpc', new Metrics(), createLogger('debug', destination))(succeeded);
  expect(lines).toEqual([expect.stringContaining('"requestId":"r1"')]);
});

it('a call that was refused has one line, with the client’s address', () => {
  const lines: Record<string, unknown>[] = [];
  const logger = createLogger('info', { write: (line) => void lines.push(JSON.parse(line)) });
  callLog('rest', new Metrics(), logger)(call);
  expect(lines).toMatchObject([
    { operation: 'GET /x', code: '404', durationMs: 1.23, requestId: 'r1', actor: 'token:t', peer: '203.0.113.7' },
  ]);
});

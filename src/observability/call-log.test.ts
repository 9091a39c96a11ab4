import { expect, it } from '@jest/globals';
import { callLog, type EndedCall } from './call-log.js';
import { createLogger } from './logger.js';
import { Metrics } from './metrics.js';

const call: EndedCall = {
  ...{ operation: 'GET /x', code: '404', durationMs: 1.23456, requestId: 'r1', actor: 'token:t', peer: '203.0.113.7' },
  ...{ error: new Error('no such thing'), unexpected: false, unauthenticated: false },
};

it('a call that was refused has one line, with the client’s address', () => {
  const lines: Record<string, unknown>[] = [];
  const logger = createLogger('info', { write: (line) => void lines.push(JSON.parse(line)) });
  callLog('rest', new Metrics(), logger)(call);
  expect(lines).toMatchObject([
    { operation: 'GET /x', code: '404', durationMs: 1.23, requestId: 'r1', actor: 'token:t', peer: '203.0.113.7' },
  ]);
});

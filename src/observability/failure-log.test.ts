import { expect, it } from '@jest/globals';
import { StoreUnavailable } from '../store/store.js';
import { failureLog } from './failure-log.js';
import { createLogger } from './logger.js';

it('a loop that fails every moment has one line a minute, and a defect of the same loop one of its own', () => {
  const lines: Record<string, unknown>[] = [];
  const failed = failureLog(createLogger('info', { write: (line) => void lines.push(JSON.parse(line)) }));
  for (let i = 0; i < 1_000; i++) failed('the sweep', new StoreUnavailable('the store is not available'));
  failed('the sweep', new TypeError('a defect'));
  expect(lines.map(({ msg, err }) => [msg, (err as Error).message])).toEqual([
    ['the sweep failed and will be tried again', 'the store is not available'],
    ['the sweep failed and will be tried again', 'a defect'],
  ]);
});

import { expect, it } from '@jest/globals';
import { QueryClient, QueryObserver } from '@tanstack/react-query';
import { putAnswer } from './put-answer.js';

it('an answer is not put back by a read that was on its way, and is read anew', async () => {
  const queries = new QueryClient();
  const reads: PromiseWithResolvers<number>[] = [];
  const queryFn = ({ signal: _signal }: { signal: AbortSignal }) => {
    const read = Promise.withResolvers<number>();
    reads.push(read);
    return read.promise;
  };
  const queryKey = ['flag', 'reports'];
  const seen: (number | undefined)[] = [];
  const observer = new QueryObserver<number>(queries, { queryKey, queryFn, initialData: 1 });
  const forget = observer.subscribe(({ data }) => void seen.push(data));
  expect(reads).toHaveLength(1);
  putAnswer(queries, queryKey, 2);
  expect(queries.getQueryData(queryKey)).toBe(2);
  reads[0]!.resolve(1);
  await new Promise(setImmediate);
  expect([queries.getQueryData(queryKey), reads.length]).toEqual([2, 2]);
  reads[1]!.resolve(3);
  await new Promise(setImmediate);
  expect(queries.getQueryData(queryKey)).toBe(3);
  expect(seen.slice(seen.indexOf(2))).not.toContain(1);
  forget();
  queries.clear();
});

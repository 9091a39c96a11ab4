import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { BatchEvaluateRequest } from '../../../test/gen/latchkey/v1/evaluation.js';
import { BatchRequests } from './batch-request.js';
import { decodeMessage } from './decode-message.js';

const key = fc.oneof(fc.constantFrom('a', 'b', 'flag-1', 'é'), fc.string({ maxLength: 200, unit: 'grapheme' }));
const keys = fc.array(key, { maxLength: 20 });
const request = (lists: readonly (readonly string[])[]) =>
  fc
    .record({
      contexts: fc.array(fc.record({ userId: fc.string(), roles: fc.array(fc.string(), { maxLength: 2 }) }), {
        maxLength: 3,
      }),
      list: fc.constantFrom(...lists),
      more: fc.constantFrom<readonly string[]>([], [], [], ['a'], ['z', 'b']),
      consistencyToken: fc.constantFrom('', '', 'token'),
      consistency: fc.constantFrom(0, 1),
    })
    .map(({ list, more, ...rest }) =>
      Buffer.from(
        BatchEvaluateRequest.encode(
          BatchEvaluateRequest.fromPartial({ ...rest, flagKeys: [...list, ...more] }),
        ).finish(),
      ),
    );
/** What other encoders may send, and what none should: keys between or behind other fields, bytes that are no message. */
const disturbed = (requests: fc.Arbitrary<Buffer>) =>
  fc.oneof(
    { weight: 6, arbitrary: requests },
    { weight: 2, arbitrary: fc.tuple(requests, requests).map((two) => Buffer.concat(two)) },
    {
      weight: 1,
      arbitrary: fc.tuple(requests, fc.nat()).map(([bytes, at]) => bytes.subarray(0, at % (bytes.length + 1))),
    },
    {
      weight: 2,
      arbitrary: fc.tuple(requests, fc.nat(), fc.nat(255)).map(([bytes, at, byte]) => {
        const changed = Buffer.from(bytes);
        if (bytes.length > 0) changed[at % bytes.length] = byte;
        return changed;
      }),
    },
  );

const sequences = fc
  .array(keys, { minLength: 1, maxLength: 4 })
  .chain((lists) => fc.array(disturbed(request(lists)), { minLength: 1, maxLength: 12 }));

it('are decoded as the generated code decodes them, whatever came before', () => {
  let again = 0;
  fc.assert(
    fc.property(sequences, (sequence) => {
      const requests = new BatchRequests();
      const seen = new Set<unknown>();
      for (const bytes of sequence) {
        const decoded = requests.decode(Buffer.from(bytes));
        expect(decoded).toEqual(decodeMessage(BatchEvaluateRequest, bytes));
        if (!('flagKeys' in decoded)) continue;
        if (seen.has(decoded.flagKeys)) again++;
        seen.add(decoded.flagKeys);
      }
    }),
    { numRuns: 1_000 },
  );
  expect(again).toBeGreaterThan(125);
});

it('teach nobody other keys than their bytes say', () => {
  const requests = new BatchRequests();
  const listed = [18, 1, 97, 18, 1, 98, 18, 1, 99, 18, 1, 100];
  // The context ends by its second field; what is left of it has four keys, and a consistency token that takes in the others.
  const others = [18, 1, 119, 18, 1, 120, 18, 1, 121, 18, 1, 122];
  const malformed = [10, 18, 10, 1, 97, 4, ...others, 26, listed.length, ...listed];
  expect(requests.decode(Buffer.from(malformed))).toMatchObject({ flagKeys: ['w', 'x', 'y', 'z'] });
  expect(requests.decode(Buffer.from(listed))).toMatchObject({ flagKeys: ['a', 'b', 'c', 'd'] });
});

it('are decoded as that, too, where a context says that it is longer or shorter than it is', () => {
  const requests = new BatchRequests();
  const listed = [18, 1, 97, 18, 1, 98, 18, 1, 99, 18, 1, 100];
  const behind = [26, 4, 116, 116, 116, 116, 32, 1];
  for (const bytes of [
    [10, 3, 10, 1, 97, ...listed],
    // The user's id takes in the first keys.
    [10, 3, 10, 7, 97, ...listed, ...behind],
    [10, 3, 10, 1, 97, ...listed, ...behind],
    // The context ends by its second field, and what is left of it is a consistency token.
    [10, 7, 10, 1, 97, 4, 26, 1, 116, ...listed],
    [10, 7, 10, 1, 97, 4, 26, 1, 116, ...listed, 32, 1],
    // What is left of it ends the request where the keys begin.
    [10, 5, 10, 1, 97, 4, 44, ...listed],
  ]) {
    const decoded = requests.decode(Buffer.from(bytes));
    expect(decoded).toEqual(decodeMessage(BatchEvaluateRequest, Buffer.from(bytes)));
  }
});

it('have one list for the same keys, of sixteen different ones that came last', () => {
  const requests = new BatchRequests();
  const listOf = (n: number, userId = ''): unknown => {
    const flagKeys = Array.from({ length: 10 }, (_, i) => `flag-${n}-${i}`);
    const message = BatchEvaluateRequest.fromPartial({ contexts: [{ userId }], flagKeys });
    const decoded = requests.decode(Buffer.from(BatchEvaluateRequest.encode(message).finish()));
    expect(decoded).toEqual(message);
    return (decoded as BatchEvaluateRequest).flagKeys;
  };
  const first = listOf(0, 'ada');
  expect(listOf(0, 'max')).toBe(first);
  for (let n = 1; n < 16; n++) listOf(n);
  expect(listOf(0)).toBe(first);
  for (let n = 20; n < 36; n++) listOf(n);
  expect(listOf(0)).not.toBe(first);
});

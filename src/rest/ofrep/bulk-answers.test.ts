import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Call, Person } from '../../calls/caller.js';
import { unavailable } from '../../calls/errors.js';
import { MINUTE_MS } from '../../core/values/time/time.js';
import type { Resolution } from '../../openfeature/resolution.js';
import { etagOf } from '../server/etag.js';
import { renewalOf } from './answer-streams.js';
import { BulkAnswers } from './bulk-answers.js';

const call: Call = {
  caller: { kind: 'machine', tokenId: 'tok', scopes: new Set(['evaluate']), organizationId: '' },
  requestId: 'r',
};

const PERSON = {
  ...{ kind: 'person', userId: 'ada', organizationId: '', roles: undefined, platformAdmin: false },
} as const satisfies Person;

/** Answers with what this server holds, and with what is stored where that is asked for. */
function answersOf(held: boolean, stored: () => boolean): BulkAnswers {
  const resolutionOf = (value: boolean): Resolution => {
    const variant = value ? 'on' : 'off';
    return { key: 'flag', type: 'BOOLEAN', enabled: value, value, variant, reason: 'DEFAULT', metadata: {} };
  };
  const resolveAll = (_call: Call, _context: object, _selector?: string, full = false) => [
    resolutionOf(full ? stored() : held),
  ];
  return new BulkAnswers({
    resolver: { resolveAll, targetOf: () => ({ userId: '', context: {} }) },
    tickets: { ticket: () => 'ticket' },
    basePath: '',
  });
}

/** The ETag of an answer that this server would not give. */
const told = etagOf('another');

describe('the answer for a client that was told to fetch', () => {
  const on = '{"flags":[{"key":"flag","reason":"DEFAULT","variant":"on","value":true}]';

  it('is the one that this server holds, where that is the one that was told of', async () => {
    const answers = answersOf(true, () => {
      throw new Error('nobody asks for what is stored');
    });
    const answer = await answers.answer(call, {});
    expect(await answers.answerTold(call, {}, answer.etag)).toEqual(answer);
  });

  it('is what is stored, where this server would answer otherwise', async () => {
    const { text } = await answersOf(false, () => true).answerTold(call, {}, told);
    expect(text.startsWith(on)).toBe(true);
  });

  it('is what this server holds, where the store is away', async () => {
    const away = (): never => {
      throw unavailable('the store is away');
    };
    expect((await answersOf(true, away).answerTold(call, {}, told)).text.startsWith(on)).toBe(true);
  });

  it('is read for nobody as often as they like, nor for visitors, nor by a text that is no ETag', async () => {
    let reads = 0;
    const answers = answersOf(false, () => ++reads > 0);
    const visitor: Call = { ...call, caller: { ...PERSON, userId: '', visitorFrom: '192.0.2.1' } };
    await answers.answerTold(visitor, {}, told);
    for (const text of ['', 'x', '"7"', `${told}x`, `W/${told}`]) await answers.answerTold(call, {}, text);
    expect(reads).toBe(0);
    for (const caller of [call.caller, PERSON]) {
      reads = 0;
      for (let i = 0; i < 200; i++) await answers.answerTold({ ...call, caller }, { i }, told);
      expect(reads).toBeGreaterThanOrEqual(60);
      expect(reads).toBeLessThan(100);
    }
  });
});

describe('the client of a stream', () => {
  it('is to fetch another ticket while the one that it has still opens streams', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 15 * MINUTE_MS }), (left) => {
        const renewAt = renewalOf({ expiresAt: left }, 0);
        expect(renewAt).toBeGreaterThan(0);
        expect(renewAt).toBeLessThan(left);
        // Of a ticket that lives for its epochs: within the last one, and a minute before the end of it.
        if (left < 10 * MINUTE_MS) return;
        expect(renewAt).toBeGreaterThanOrEqual(left - 5 * MINUTE_MS);
        expect(renewAt).toBeLessThanOrEqual(left - MINUTE_MS);
      }),
    );
  });
});

import { describe, expect, it } from '@jest/globals';
import { until } from '../../../test/timing.js';
import type { Machine } from '../../calls/caller.js';
import { SECOND_MS } from '../../core/values/time/time.js';
import type { AnswerTicket } from '../../services/streaming/answer-tickets.js';
import { AnswerStream } from './answer-stream.js';
import { AnswerStreams } from './answer-streams.js';
import type { BulkAnswer, BulkAnswers } from './bulk-answers.js';

const CALLER: Machine = { kind: 'machine', tokenId: 't', scopes: new Set(['evaluate']), organizationId: '' };
const SIGN = { type: 'reset', resumeToken: '' } as const;

const ticketOf = (mark: string, context = {}): AnswerTicket => ({ caller: CALLER, context, mark, expiresAt: Infinity });
const answerOf = (mark: string): BulkAnswer => ({
  ...{ mark, text: '', etag: `"${mark}"`, stale: false, overridden: false, validUntil: Infinity },
});

/** The data of the events that a stream has written and nobody has read yet. */
function toldBy({ body }: AnswerStream): readonly { readonly etag?: string; readonly lastModified: number }[] {
  const text = String(body.read() ?? '');
  return [...text.matchAll(/^data: (.*)$/gm)].map(([, data]) => JSON.parse(data!) as { lastModified: number });
}

describe('one stream', () => {
  let now = 1_700_000_000_000;
  const open = () => {
    const options = { resumes: false, renewAt: Infinity, now: () => now, onSign: () => undefined };
    return new AnswerStream(ticketOf('a'), options);
  };
  const look = (stream: AnswerStream, mark: string, sign = true) => {
    if (sign) stream.write(SIGN);
    stream.found(answerOf(mark));
    return toldBy(stream).map(({ etag }) => etag);
  };

  it('tells once more where what it told of may have been changed, and changed back, while the client fetched it', () => {
    const stream = open();
    expect(look(stream, 'a')).toEqual([]);
    expect(look(stream, 'b')).toEqual(['"b"']);
    // To `c` and back: the client may have been given `c`.
    expect(look(stream, 'b')).toEqual([]);
    expect(look(stream, 'b')).toEqual([]);
    expect(stream.againAt).toBe(now + SECOND_MS);
    now += SECOND_MS;
    expect(look(stream, 'b', false)).toEqual(['"b"']);
    expect(stream.againAt).toBe(Infinity);
    now += 10 * SECOND_MS;
    expect(look(stream, 'b')).toEqual([]);
    expect(stream.againAt).toBe(Infinity);
  });

  it('names the answer of no other time when the client is to fetch a ticket or ask another server, by the clock of its tickets', () => {
    const stream = open();
    look(stream, 'b');
    stream.renew();
    stream.drain();
    const lastModified = Math.floor(now / SECOND_MS);
    expect(toldBy(stream)).toEqual([1, 2].map(() => ({ type: 'refetchEvaluation', lastModified })));
  });

  it('keeps the newest event alone for a reader that takes none', async () => {
    const stream = open();
    for (let i = 0; i < 10_000; i++) stream.found(answerOf(`${i}`));
    expect(stream.body.readableLength).toBeLessThan(200_000);
    const etags: unknown[] = [];
    await until(() => {
      etags.push(...toldBy(stream).map(({ etag }) => etag));
      return etags.at(-1) === '"9999"';
    });
    expect(etags.length).toBeLessThan(5_000);
  });
});

describe('all streams', () => {
  /** Streams of answers that are read, each by its context, until the test gives them. */
  function held() {
    const asked: string[] = [];
    const given = new Map<string, (answer: BulkAnswer) => void>();
    const answers: Pick<BulkAnswers, 'answer'> = {
      answer: (_call, { id }) => {
        asked.push(String(id));
        return new Promise<BulkAnswer>((resolve) => given.set(String(id), resolve));
      },
    };
    const streams = new AnswerStreams({ answers, tickets: { now: () => Date.now() } });
    const open = (id: string) => streams.open(ticketOf('a', { id }), false);
    return { asked, open, give: (id: string, mark: string) => given.get(id)!(answerOf(mark)) };
  }

  it('are not held up by one whose answer is slow to read', async () => {
    const { asked, open, give } = held();
    const [slow, quick] = [open('slow'), open('quick')];
    for (const stream of [slow, quick]) stream.write(SIGN);
    await until(() => asked.length === 2);
    give('quick', 'b');
    await until(() => toldBy(quick).length === 1);
    for (const stream of [slow, quick]) stream.destroy();
  });

  it('are read some at a time, and all in the end', async () => {
    const { asked, open, give } = held();
    const streams = Array.from({ length: 100 }, (_, i) => open(`${i}`));
    for (const stream of streams) stream.write(SIGN);
    await until(() => asked.length === 32);
    for (let i = 0; i < 100; i++) {
      await until(() => asked.length > i);
      expect(asked.length - i).toBeLessThanOrEqual(32);
      give(`${i}`, 'b');
    }
    for (const stream of streams) {
      await until(() => toldBy(stream).length === 1);
      stream.destroy();
    }
  });

  it('are looked at again where a sign came while an answer was read, which may be from before it', async () => {
    const { asked, open, give } = held();
    const stream = open('one');
    stream.write(SIGN);
    await until(() => asked.length === 1);
    stream.write(SIGN);
    give('one', 'a');
    await until(() => asked.length === 2);
    give('one', 'b');
    await until(() => toldBy(stream).length === 1);
    stream.destroy();
  });
});

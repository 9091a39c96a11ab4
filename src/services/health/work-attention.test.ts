import { describe, expect, it } from '@jest/globals';
import { DAY_MS, MINUTE_MS, SECOND_MS } from '../../core/values/time/time.js';
import type { SeenNode } from '../../store/node-store.js';
import { ATTENTION_KINDS, type AttentionKind, byUrgency, inUnits } from './attention.js';
import { type WorkQuestions, workAttention } from './work-attention.js';

const NOW = 100 * DAY_MS;
const CACHE = { held: 0, bytes: 0, hits: 0, misses: 0 };
const node = (id: string, more: Partial<SeenNode> = {}): SeenNode => ({
  ...{ id, roles: ['worker'], version: '1.0.0', startedAt: 1, revision: 7, notifier: 'connected' },
  ...{ caches: { users: CACHE, organizations: CACHE }, streams: 0, streamBacklog: 0, unknownKeys: [], seenAt: NOW },
  ...more,
});
const QUIET: WorkQuestions = {
  ...{ now: NOW, nodes: [node('nod_a')], lanes: [], lateTimers: [] },
  deadLetters: { count: 0 },
  webhooks: { endpoints: [], standings: [] },
};
const saidOf = (more: Partial<WorkQuestions>): readonly string[] =>
  workAttention({ ...QUIET, ...more }).map(({ sentence }) => sentence);

describe('work that needs somebody', () => {
  it('is none where all goes well', () => {
    expect(workAttention(QUIET)).toEqual([]);
    // A server by itself has no others whose notices could reach it.
    expect(saidOf({ nodes: [node('nod_a', { notifier: 'disconnected' })] })).toEqual([]);
  });

  it('is that of servers without a worker among them, or without notices', () => {
    expect(saidOf({ nodes: [node('nod_a', { roles: ['rest'] })] })[0]).toMatch(/^no server has the role worker/);
    expect(saidOf({ nodes: [node('nod_a'), node('nod_b', { notifier: 'disconnected' })] })).toEqual([
      'notices of other servers do not reach 1 server, which learns of changes some seconds late; look at its Redis',
    ]);
  });

  it('is what has waited for longer than a minute, the longest first', () => {
    const lanes = [
      { lane: 1, oldestReceivedAt: NOW - MINUTE_MS },
      { lane: 2, oldestReceivedAt: NOW - 2 * MINUTE_MS },
      { lane: 3, oldestReceivedAt: NOW - 3 * MINUTE_MS },
    ];
    expect(workAttention({ ...QUIET, lanes })).toEqual([
      {
        kind: 'EVENTS_LATE',
        sentence: 'events have waited for 3 minutes to be counted, in 2 lanes',
        ...{ count: 2, since: NOW - 3 * MINUTE_MS },
        targets: [3, 2].map((lane) => ({ kind: 'lane', id: String(lane), note: '', since: NOW - lane * MINUTE_MS })),
      },
    ]);
    const lateTimers = [
      { userId: 'acme', dueAt: NOW - 90 * MINUTE_MS, earner: 'organization' },
      { userId: 'ada', dueAt: NOW - 2 * MINUTE_MS },
    ] as const;
    const [timers] = workAttention({ ...QUIET, lateTimers });
    expect(timers).toMatchObject({ kind: 'TIMERS_LATE', count: 2, since: NOW - 90 * MINUTE_MS });
    expect(timers!.sentence).toMatch(/^2 timers are overdue, the oldest by 90 minutes/);
    expect(timers!.targets.map(({ kind, id }) => [kind, id])).toEqual([
      ['organization', 'acme'],
      ['user', 'ada'],
    ]);
  });

  it('is that of webhooks whose deliveries were given up or wait, disabled ones too', () => {
    const endpoint = (id: string, enabled = true) => ({
      ...{ id, url: `https://example.com/${id}`, description: '', types: [], enabled, createdAt: 1, updatedAt: 1 },
    });
    const webhooks = {
      endpoints: [endpoint('whe_a'), endpoint('whe_b', false), endpoint('whe_c')],
      standings: [
        { endpointId: 'whe_a', oldestPendingAt: NOW - 5 * MINUTE_MS, lastFailedAt: NOW - DAY_MS },
        { endpointId: 'whe_b', oldestPendingAt: NOW - 6 * MINUTE_MS },
        { endpointId: 'whe_c', lastFailedAt: NOW - 30 * SECOND_MS },
        { endpointId: 'whe_gone', lastFailedAt: NOW },
      ],
    };
    expect(saidOf({ webhooks })).toEqual([
      'deliveries to 2 webhooks were given up, the newest 30 seconds ago: https://example.com/whe_c, https://example.com/whe_a',
      'deliveries to 1 webhook have waited for 6 minutes: https://example.com/whe_b (disabled)',
    ]);
    const { webhooks: _, deadLetters: __, ...told } = { ...QUIET, webhooks };
    expect(workAttention(told)).toEqual([]);
  });

  it('is told with what is most urgent first', () => {
    const of = (kind: AttentionKind) => ({ kind, sentence: kind, count: 1, targets: [] });
    const sorted = byUrgency(ATTENTION_KINDS.toReversed().map(of));
    expect(sorted.map(({ kind }) => kind)).toEqual(ATTENTION_KINDS);
  });

  it.each([
    [119 * SECOND_MS, '119 seconds'],
    [120 * SECOND_MS, '2 minutes'],
    [119 * MINUTE_MS, '119 minutes'],
    [47 * 60 * MINUTE_MS, '47 hours'],
    [3 * DAY_MS + 1, '3 days'],
    [-1, '0 seconds'],
  ])('says %d ms as %s', (ms, words) => {
    expect(inUnits(ms)).toBe(words);
  });
});

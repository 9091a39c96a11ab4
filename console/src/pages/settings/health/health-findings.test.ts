import { describe, expect, it } from '@jest/globals';
import type { Attention, GetHealthResponse, Node } from '../../../../../src/protocol/gen/admin-json.js';
import { findingsOf } from './health-findings.js';

const AT = Date.parse('2026-11-28T10:00:00Z');
const ago = (seconds: number): string => new Date(AT - seconds * 1_000).toISOString();

const node = (id: string, changed: Partial<Node> = {}): Node => ({
  ...{ id, roles: ['worker'], version: '1.0.0', started_at: ago(3_600), seen_at: ago(3), revision: 7 },
  ...{ notifier_connected: true, streams: 0, test_overrides: false, stream_backlog_bytes: 0 },
  ...changed,
});
const health = (changed: Partial<GetHealthResponse> = {}): GetHealthResponse => ({
  ...{ at: ago(0), answered_by: 'a', store_reachable: true, nodes: [node('a'), node('b')], revision: 7 },
  ...{ lanes: [], dead_letters: 0 },
  ...changed,
});
const told = (kind: Attention['kind'], sentence: string): Attention => ({ kind, sentence, count: 1, targets: [] });
const keysOf = (...given: Parameters<typeof findingsOf>) => findingsOf(...given).map(({ key }) => key);

describe('what is wrong with a deployment', () => {
  it('is nothing where nothing is', () => {
    expect(findingsOf(health(), [], AT)).toEqual([]);
  });

  it('is told in the server’s words, what is most urgent first, and of the deployment alone', () => {
    const attention = [
      told('ATTENTION_KIND_DEAD_LETTERS', '2 events could not be counted'),
      told('ATTENTION_KIND_NO_WORKER', 'no server is a worker'),
      told('ATTENTION_KIND_FLAGS_ENDED', 'a flag has ended'),
    ];
    const found = findingsOf(health({ dead_letters: 2 }), attention, AT);
    expect(found.map(({ sentence }) => sentence)).toEqual(['no server is a worker', '2 events could not be counted']);
    expect(found.every(({ helps }) => helps !== '')).toBe(true);
  });

  it('is what only all servers together show: who is silent, who is behind, and whose release differs', () => {
    const nodes = [
      node('a', { seen_at: ago(40) }),
      node('b', { revision: 6 }),
      node('c', { revision: 6, started_at: ago(5), version: '1.1.0' }),
    ];
    expect(keysOf(health({ nodes }), [], AT)).toEqual(['silent', 'behind', 'versions']);
    expect(findingsOf(health({ nodes }), [], AT)[1]?.sentence).toContain('b decides');
  });

  it('is servers that let tests decide flags, by name', () => {
    const nodes = [node('a'), node('b', { test_overrides: true }), node('c', { test_overrides: true })];
    const found = findingsOf(health({ nodes }), [], AT);
    expect(found).toMatchObject([
      { key: 'overrides', urgent: false, sentence: expect.stringContaining('b and c let') },
    ]);
    expect(found[0]?.helps).toContain('TEST_OVERRIDES');
  });

  it('is a store that is away, once, and a clock that goes wrong', () => {
    const away = health({ store_reachable: false, nodes: [node('a')], revision: 0 });
    expect(keysOf(away, [], AT)).toEqual(['store']);
    expect(keysOf(away, [told('ATTENTION_KIND_STORE_AWAY', 'the store is away')], AT)).toEqual([
      'ATTENTION_KIND_STORE_AWAY',
    ]);
    expect(keysOf(health(), [], AT + 5 * 60_000)).toEqual(['clock']);
  });

  it('is dead letters, too, for who is not told of them by the overview', () => {
    expect(keysOf(health({ dead_letters: 1 }), [], AT)).toEqual(['letters']);
  });
});

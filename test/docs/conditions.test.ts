import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { MAX_DEPTH, MAX_LEAVES, MAX_NODES, MAX_SIZE } from '../../src/core/conditions/checking/validate-conditions.js';
import { MAX_PREREQUISITE_DEPTH } from '../../src/core/flags/flag.js';
import { validateSegment } from '../../src/core/snapshot/checking/validate-configuration.js';
import { MAX_EXPANDED_CONDITIONS, MAX_SEGMENT_DEPTH } from '../../src/core/snapshot/expansion.js';
import { flagOf, ruleOf, segmentOf, snapshotOf, VERIFIED } from '../../src/core/testing/samples.js';

const page = readFileSync(join(import.meta.dirname, '../../docs/conditions.md'), 'utf8');

describe('docs/conditions.md', () => {
  it('tells the bounds that there are', () => {
    const told = [...page.matchAll(/^\| .* \| (\d+) \|$/gm)].map(([, bound]) => Number(bound));
    expect(told).toEqual([
      ...[MAX_DEPTH, MAX_LEAVES, MAX_NODES, MAX_SIZE],
      ...[MAX_SEGMENT_DEPTH, MAX_EXPANDED_CONDITIONS, MAX_PREREQUISITE_DEPTH],
    ]);
  });

  it('shows the message that is given', () => {
    const conditions = { any: Array.from({ length: 30 }, () => ({ condition: 'keen' })) };
    const flag = flagOf('reports', { rules: [ruleOf('rul_keen', { conditions })] });
    const present = snapshotOf([flag], { segments: [segmentOf('keen', VERIFIED)] });
    const leaf = { fact: 'emailVerified', operator: 'equal', value: true };
    const { faults } = validateSegment(segmentOf('keen', { any: Array.from({ length: 200 }, () => leaf) }), present);
    expect(page.replaceAll('\n', ' ')).toContain(`cannot be stored: /conditions: ${faults[0]!.message}`);
  });
});

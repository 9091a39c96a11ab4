import { describe, expect, it } from '@jest/globals';
import { OutageReport } from './outage-report.js';

describe('OutageReport', () => {
  it('reports the first failure of each outage, and no other', () => {
    const reported: unknown[] = [];
    const outage = new OutageReport((error) => reported.push(error));
    outage.succeeded();
    for (const error of ['first', 'second', 'third']) outage.failed(error);
    expect(reported).toEqual(['first']);
    expect(outage.underWay).toBe(true);
    outage.succeeded();
    expect(outage.underWay).toBe(false);
    for (const error of ['fourth', 'fifth']) outage.failed(error);
    expect(reported).toEqual(['first', 'fourth']);
  });
});

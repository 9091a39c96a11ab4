import { describe, expect, it } from '@jest/globals';
import type { JsonObject, JsonValue } from '../../core/values/json.js';
import { parseEvent, readEvent } from './parse-event.js';

const NOW = 1_700_000_000_000;

/** The value that is taken of an event in some shape, or what is wrong with it. */
function amountOf(json: JsonObject): number | string {
  const incoming = readEvent(json);
  if (incoming.kind !== 'event') throw new Error('no event');
  const parsed = parseEvent(incoming.event, { now: NOW, retentionDays: 30 });
  return typeof parsed === 'string' ? parsed : parsed.value;
}

const cloud = (data: JsonValue, more: JsonObject = {}) =>
  amountOf({ specversion: '1.0', id: 'a', source: 's', type: 'purchase', subject: 'u', data, ...more });
const segment = (properties: JsonObject) =>
  amountOf({ type: 'track', messageId: 'b', userId: 'u', event: 'purchase', properties });
const own = (value: JsonValue) => amountOf({ id: 'c', user_id: 'u', action: 'purchase', value });

describe('the value of an event', () => {
  it('may be a decimal text in other systems’ shapes', () => {
    for (const [text, value] of [
      ['12.50', 12.5],
      ['-3', -3],
      ['1e3', 1000],
      ['0.1', 0.1],
      ['+.5', 0.5],
    ] as const) {
      expect(cloud({ value: text })).toBe(value);
      expect(cloud(text)).toBe(value);
      expect(segment({ value: text })).toBe(value);
      expect(segment({ revenue: text })).toBe(value);
    }
  });

  it('is Segment’s value, or else its revenue', () => {
    expect(segment({ value: 1, revenue: 2 })).toBe(1);
    expect(segment({ value: 0, revenue: 2 })).toBe(0);
    expect(segment({ value: null, revenue: 2 })).toBe(2);
    expect(segment({ revenue: 19.99, currency: 'USD' })).toBe(19.99);
    expect(segment({ plan: 'pro' })).toBe(0);
    expect(cloud({ revenue: 2 })).toBe(0);
  });

  it('is refused where it is there and no number', () => {
    const bad: readonly JsonValue[] = ['12,50', '$5', ' 5', '', 'NaN', 'Infinity', '0x10', true, [5], { amount: 5 }];
    for (const value of [...bad, '1e400', '8999999999999.000001', 1e13]) {
      expect(cloud({ value })).toContain('value ');
      expect(segment({ value, revenue: 1 })).toContain('value ');
      expect(segment({ revenue: value })).toContain('value ');
      expect(own(value)).toContain('value ');
    }
    expect(cloud('twelve')).toContain('value "twelve"');
    expect(own('12.50')).toContain('value "12.50"');
  });

  it('is none where a CloudEvent carries something else than a number', () => {
    expect(cloud('twelve', { datacontenttype: 'text/plain' })).toBe(0);
    expect(cloud('12.5', { datacontenttype: 'text/plain' })).toBe(12.5);
    expect(cloud('twelve', { datacontenttype: 'application/vnd.shop+json' })).toContain('value "twelve"');
    expect(cloud(['a', 'list'])).toBe(0);
    expect(cloud({})).toBe(0);
    expect(cloud({ value: null })).toBe(0);
  });

  it('is rounded to millionths', () => {
    expect(own(0.1234565)).toBe(0.123456);
    expect(own(0.1234575)).toBe(0.123458);
    expect(cloud({ value: '0.1234567' })).toBe(0.123457);
    expect(own(9e12)).toBe(9e12);
    expect(own(0.0000001)).toBe(0);
  });
});

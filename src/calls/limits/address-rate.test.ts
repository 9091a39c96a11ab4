import { expect, it } from '@jest/globals';
import { AddressRate } from './address-rate.js';

const from = (address: string) => ({ getPeer: () => address });

it('counts an address with whatever port, and of IPv6 the network of 64 bits, and nobody else with it', () => {
  const rate = new AddressRate(2, () => 0);
  rate.take(from('192.0.2.1:1000'));
  rate.take(from('192.0.2.1:2000'));
  expect(() => rate.take(from('::ffff:192.0.2.1'))).toThrow(
    'at most 2 calls from one address a minute; try again in 30 s',
  );
  rate.take(from('192.0.2.2'));
  rate.take(from('2001:db8:1:2::1'));
  rate.take(from('2001:db8:1:2:ffff::2'));
  expect(() => rate.take(from('2001:db8:1:2::3'))).toThrow('at most 2');
  rate.take(from('2001:db8:1:3::1'));
});

it('takes a call again once its share of the minute has passed', () => {
  let nowMs = 0;
  const rate = new AddressRate(2, () => nowMs);
  for (const _ of [1, 2]) rate.take(from('192.0.2.1'));
  nowMs = 29_000;
  expect(() => rate.take(from('192.0.2.1'))).toThrow(
    expect.objectContaining({ code: 'LIMITED', retryMs: expect.any(Number) }),
  );
  nowMs = 30_000;
  rate.take(from('192.0.2.1'));
});

it('holds no more of a spray of addresses than of a hundred thousand', () => {
  const rate = new AddressRate(1, () => 0);
  for (let i = 0; i < 250_000; i++)
    rate.take(from(`2001:db8:${(i >> 16).toString(16)}:${(i & 0xffff).toString(16)}::1`));
  expect(rate.size).toBeGreaterThan(0);
  expect(rate.size).toBeLessThanOrEqual(100_000);
});

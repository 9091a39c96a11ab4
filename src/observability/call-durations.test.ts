import { expect, it } from '@jest/globals';
import { Histogram, Registry } from 'prom-client';
import { CallDurations } from './call-durations.js';

it('is scraped as the library’s own histogram would be', async () => {
  const [name, help] = ['latchkey_request_duration_seconds', 'Requests.'];
  const buckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
  const [own, theirs] = [new Registry(), new Registry()];
  const durations = new CallDurations({ name, help, registry: own });
  const labelNames = ['door', 'operation', 'code'];
  const histogram = new Histogram({ name, help, labelNames, buckets, registers: [theirs] });
  const calls = [
    ...[0, 0.5, 0.500_001, 3, 249, 250, 9_999, 10_000, 10_001, 60_000].map((ms) => ['grpc', '/a/B', 'OK', ms] as const),
    ...[['grpc', '/a/B', 'NOT_FOUND', 1] as const, ['rest', 'GET /"x"', '200', 2] as const],
  ];
  for (const [door, operation, code, ms] of calls) {
    durations.ended(door, operation, code, ms);
    histogram.observe({ door, operation, code }, ms / 1000);
  }
  expect(await own.metrics()).toBe(await theirs.metrics());
});

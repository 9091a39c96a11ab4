import { EventEmitter } from 'node:events';
import { Metadata, status } from '@grpc/grpc-js';
import { expect, it } from '@jest/globals';
import { OpenStreams } from './open-streams.js';
import { PublicStreams } from './public-streams.js';

class Stream extends EventEmitter {
  readonly metadata = new Metadata();
  failure: unknown;

  constructor() {
    super();
    this.on('error', (failure: unknown) => {
      this.failure = failure;
    });
  }

  getPeer(): string {
    return '127.0.0.1:1';
  }

  end(): void {
    this.emit('cancelled');
  }
}

it('streams for anybody are bounded, whoever opens them, and make room when they end', () => {
  const open = new OpenStreams();
  const streams = new PublicStreams(open, () => undefined);
  const taken = Array.from({ length: 1_000 }, () => new Stream());
  expect(taken.every((stream) => streams.take(stream))).toBe(true);
  const more = new Stream();
  expect(streams.take(more)).toBe(false);
  expect(more.failure).toMatchObject({
    code: status.RESOURCE_EXHAUSTED,
    details: expect.stringContaining('close one'),
  });
  expect(open.size).toBe(1_000);
  taken[0]!.end();
  expect(open.size).toBe(999);
  expect(streams.take(new Stream())).toBe(true);
});

import { PassThrough } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { createLogger } from './logger.js';

function logged(fields: object): string {
  const stream = new PassThrough();
  createLogger('info', stream).warn(fields, 'failed');
  return String(stream.read());
}

describe('a logged error', () => {
  it('tells what went wrong, and why', () => {
    const cause = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    const err = Object.assign(new Error('the store is away', { cause }), { code: 'AWAY' });
    const line = JSON.parse(logged({ err }));
    expect(line.err).toMatchObject({ type: 'Error', code: 'AWAY' });
    expect(line.err.message).toContain('the store is away: connect ECONNREFUSED');
    expect(line.err.stack).toContain('logger.test.ts');
  });

  it('keeps to itself what drivers attach: statements with their values, commands with passwords', () => {
    const command = { name: 'hello', args: ['3', 'AUTH', 'default', 'pa55word'] };
    const sql = "INSERT INTO tokens (hash) VALUES ('pa55word')";
    const cause = Object.assign(new Error('inner'), { sql, command });
    const err = Object.assign(new Error('outer', { cause }), { sql, command, bindings: ['pa55word'] });
    expect(logged({ err })).not.toContain('pa55word');
    expect(logged({ err: new AggregateError([cause], 'several') })).not.toContain('pa55word');
  });

  it('is told as it is where it is none', () => {
    expect(JSON.parse(logged({ err: 'gone' })).err).toBe('gone');
  });
});

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';

describe('the proto files', () => {
  it('pass the lint, and the committed code is what they generate', async () => {
    const script = fileURLToPath(new URL('../scripts/proto-check', import.meta.url));
    const { stdout } = await promisify(execFile)(script);
    expect(stdout).toContain('up to date');
  });
});

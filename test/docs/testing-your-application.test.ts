import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { runShownTests } from './shown-tests.js';

const root = join(import.meta.dirname, '..', '..');

describe('docs/testing-your-application.md', () => {
  it('has tests that pass as they stand', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'latchkey-docs-'));
    try {
      expect(await runShownTests('reports.test.js', folder)).toEqual({ passed: 3, of: 3 });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('imports what the package exports', () => {
    const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      readonly exports: Readonly<Record<string, { readonly default: string; readonly types: string }>>;
    };
    const { default: code, types } = exports['./testing']!;
    const source = code.replace(/^\.\/dist\/(.*)\.js$/, 'src/$1.ts');
    expect(existsSync(join(root, source))).toBe(true);
    expect(types).toBe(code.replace(/\.js$/, '.d.ts'));
  });
});

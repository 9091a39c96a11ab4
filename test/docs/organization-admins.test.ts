import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { readTable } from '../security/read-tables.js';

const page = (name: string) => readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8');

describe('what an organization’s admin may call', () => {
  it('is listed whole, and with nothing else, beside the organization’s roles', () => {
    const [, section = ''] = page('organizations.md').split('\n## What its admin may call\n');
    const listed = [...section.matchAll(/`((?:GET|POST|PUT|PATCH|DELETE) \/[^`]*)`/g)].map(([, call]) => call!);
    const allowed = readTable(page('security.md'), 'route')
      .filter(({ call, outcomes }) => call.includes(' /api/admin/') && outcomes['org admin, own'] === 'yes')
      .map(({ call }) => call.replace('/api/admin', ''));
    expect(new Set(listed)).toEqual(new Set(allowed));
    expect(allowed.length).toBeGreaterThan(30);
  });
});

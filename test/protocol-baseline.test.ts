import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { type HttpRoute, httpRoutes, type PathSegment } from '../src/protocol/http/http-routes.js';
import { REGISTRY, readRegistry } from '../src/protocol/http/registry.js';

const baseline = readRegistry(readFileSync(join(import.meta.dirname, '../proto/baseline.binpb')));

function shown({ rpc, verb, path, body }: HttpRoute): string {
  const segment = (one: PathSegment): string =>
    typeof one === 'string' ? one : `{${one.map(({ name }) => name).join('.')}}`;
  return `${verb} /${path.map(segment).join('/')} (${typeof body === 'string' ? body : body.name}): ${rpc.name}`;
}

describe('the protocol that clients may rely on', () => {
  // The rest of it is buf's to compare, in scripts/proto-check.
  it('has routes that are all still served as they were', () => {
    const before = httpRoutes(baseline).map(shown);
    expect(before).toContain('GET /api/admin/flags/{flag} (): GetFlag');
    expect(httpRoutes(REGISTRY).map(shown)).toEqual(expect.arrayContaining(before));
  });
});

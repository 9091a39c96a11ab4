import { expect, it } from '@jest/globals';
import { doorOfRoute } from './door-of-route.js';

it('tells the door of each route, and of what is no route that it is the public API', () => {
  expect(
    ['/api/admin/flags', '/api/session', '/console/*', '/api/feature-flags/:id', '/readyz', '/metrics', ''].map(
      doorOfRoute,
    ),
  ).toEqual(['admin', 'console', 'console', 'rest', 'operations', 'operations', 'rest']);
  expect(doorOfRoute('/ofrep/v1/evaluate/flags')).toBe('ofrep');
  expect(doorOfRoute('/flagd.evaluation.v2.Service/ResolveAll')).toBe('connect');
  expect(doorOfRoute('/schema.v1.Service/ResolveBoolean')).toBe('connect');
});

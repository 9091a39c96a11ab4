import type { DoorName } from '../../calls/doors.js';

/** What routes begin with, by door. Any other route is one of the public API, `rest`. */
const BEGINNINGS: ReadonlyArray<readonly [string, DoorName]> = [
  ['/api/admin/', 'admin'],
  ['/ofrep/', 'ofrep'],
  ['/flagd.evaluation.', 'connect'],
  ['/schema.v1.', 'connect'],
  ['/api/session', 'console'],
  ['/console', 'console'],
  ['/healthz', 'operations'],
  ['/readyz', 'operations'],
  ['/metrics', 'operations'],
];

const known = new Map<string, DoorName>();

/** The door that a route of the HTTP application belongs to. `route` is its pattern, of which there are few; '' for no route. */
export function doorOfRoute(route: string): DoorName {
  let door = known.get(route);
  if (door === undefined) {
    door = BEGINNINGS.find(([beginning]) => route.startsWith(beginning))?.[1] ?? 'rest';
    known.set(route, door);
  }
  return door;
}

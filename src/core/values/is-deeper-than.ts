import type { JsonValue } from './json.js';

/** Whether more than `limit` objects and lists stand within one another in a value; takes any depth. */
export function isDeeperThan(value: JsonValue, limit: number): boolean {
  let level = containersOf([value]);
  for (let depth = 0; level.length > 0; depth++) {
    if (depth === limit) return true;
    level = level.flatMap((container) => containersOf(Object.values(container)));
  }
  return false;
}

function containersOf(values: readonly JsonValue[]): readonly object[] {
  return values.filter((value) => typeof value === 'object' && value !== null);
}

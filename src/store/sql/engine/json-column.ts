import type { JsonObject } from '../../../core/values/json.js';

/** JSON is kept as text and parsed here, so that every engine gives back exactly what was stored. */
export function parseJson<T = JsonObject>(text: string): T {
  return JSON.parse(text) as T;
}

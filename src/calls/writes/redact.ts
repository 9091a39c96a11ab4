import { isJsonObject, type JsonObject, type JsonValue } from '../../core/values/json.js';
import { isSecret, REDACTED } from '../../core/values/secrets.js';

/** The value with every secret member replaced, at any depth. */
export function redact(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map((item: JsonValue) => redact(item));
  if (!isJsonObject(value)) return value;
  const entries = Object.entries(value as JsonObject);
  return Object.fromEntries(entries.map(([key, member]) => [key, isSecret(key) ? REDACTED : redact(member)]));
}

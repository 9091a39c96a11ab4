import { isJsonObject, type JsonObject, type JsonValue } from '../core/values/json.js';

/** Members that never reach a log or the audit, whatever they hold; compared without case, "-" and "_". */
export const SECRET_NAMES: ReadonlySet<string> = new Set([
  'authorization',
  'password',
  'passwd',
  'secret',
  'secrets',
  'signingsecret',
  'clientsecret',
  'token',
  'accesstoken',
  'refreshtoken',
  'apikey',
  'privatekey',
  'hash',
  'cookie',
]);

const REDACTED = '[redacted]';

/** The value with every secret member replaced, at any depth. */
export function redact(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map((item: JsonValue) => redact(item));
  if (!isJsonObject(value)) return value;
  const entries = Object.entries(value as JsonObject);
  return Object.fromEntries(entries.map(([key, member]) => [key, isSecret(key) ? REDACTED : redact(member)]));
}

/** Whether a member of this name holds a secret. */
export function isSecret(name: string): boolean {
  return SECRET_NAMES.has(name.toLowerCase().replaceAll(/[-_]/g, ''));
}

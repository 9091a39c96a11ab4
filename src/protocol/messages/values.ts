import type { JsonObject, JsonValue } from '../../core/values/json.js';

/**
 * The JSON object in a decoded message's Struct field; undefined where the field is absent. The generated types say
 * `unknown` of its members; the codec (`well-known/struct.ts`) has made them JSON.
 */
export function jsonObject(struct: { readonly [key: string]: unknown } | undefined): JsonObject | undefined {
  return struct as JsonObject | undefined;
}

/** The JSON in a decoded message's Value field; undefined where the field is absent. */
export function jsonValue(value: unknown): JsonValue | undefined {
  return value as JsonValue | undefined;
}

/** Epoch milliseconds of a decoded message's Timestamp field; undefined where the field is absent. */
export function epochMs(instant: Date | undefined): number | undefined {
  return instant?.getTime();
}

/** 0001-01-01 and the end of 9999: beyond them there is no Timestamp. */
const EARLIEST_MS = -62_135_596_800_000;
const LATEST_MS = 253_402_300_799_999;

/**
 * What a Timestamp field takes for epoch milliseconds, the nearest there is where they are beyond its years; undefined
 * leaves the field out.
 */
export function instant(epochMilliseconds: number | undefined): Date | undefined {
  if (epochMilliseconds === undefined) return undefined;
  return new Date(Math.min(Math.max(epochMilliseconds, EARLIEST_MS), LATEST_MS));
}

/** A member for an object literal where the value may be absent: `{...given('joinedAt', epochMs(m.joinedAt))}`. */
export function given<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [P in K]: V });
}

import { invalidAt } from '../../calls/errors.js';
import { type JsonObject, type JsonValue, quote } from '../../core/values/json.js';
import type { Duration } from '../gen/google/protobuf/duration.js';

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

/** The first and the last instant that a Timestamp can have: 0001-01-01 and the end of 9999. */
const EARLIEST_MS = -62_135_596_800_000;
const LATEST_MS = 253_402_300_799_999;

/**
 * The value of a Timestamp field for epoch milliseconds: the nearest that there is where they are beyond a Timestamp's years.
 * Undefined leaves the field out.
 */
export function instant(epochMilliseconds: number | undefined): Date | undefined {
  if (epochMilliseconds === undefined) return undefined;
  return new Date(Math.min(Math.max(epochMilliseconds, EARLIEST_MS), LATEST_MS));
}

const SECOND_MS = 1000;
const MS_NANOS = 1_000_000;

/** Milliseconds of a decoded message's Duration field, fractions included; undefined where the field is absent. */
export function durationMs(duration: Duration | undefined): number | undefined {
  return duration && duration.seconds * SECOND_MS + duration.nanos / MS_NANOS;
}

/** The value of a Duration field for milliseconds, 0 or more; undefined leaves the field out. */
export function duration(milliseconds: number | undefined): Duration | undefined {
  if (milliseconds === undefined) return undefined;
  const seconds = Math.floor(milliseconds / SECOND_MS);
  return { seconds, nanos: Math.floor((milliseconds - seconds * SECOND_MS) * MS_NANOS) };
}

/** The word for an enum's number. Throws INVALID for a number without a word; `field` is the field's name for the message. */
export function enumWord<Word extends string>(words: readonly Word[], value: number, pointer: string): Word {
  const word = words[value];
  if (word !== undefined) return word;
  throw invalidAt(pointer, `${pointer.slice(1)} ${value} is none of: ${[...new Set(words)].join(', ')}`);
}

/**
 * The fields that a request's update_mask names; undefined for an empty mask, which means the fields that are given. Throws
 * INVALID for a path that is not among `known`.
 */
export function updateMask(
  paths: readonly string[] | undefined,
  known: readonly string[],
): ReadonlySet<string> | undefined {
  if (paths === undefined || paths.length === 0) return undefined;
  const unknown = paths.find((path) => !known.includes(path));
  if (unknown !== undefined) {
    throw invalidAt('/update_mask', `update_mask names ${quote(unknown)}, which is none of: ${known.join(', ')}`);
  }
  return new Set(paths);
}

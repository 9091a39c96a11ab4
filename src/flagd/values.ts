import { invalid } from '../calls/errors.js';
import type { FlagType } from '../core/flags/flag.js';
import { isJsonObject, type JsonObject, type JsonValue, quote } from '../core/values/json.js';

/** How an RPC that resolves one flag takes values. */
export interface ValueKind {
  /** In words: `a boolean`. */
  readonly asks: string;
  /** The value as the message has it; undefined for one of another type. */
  take(value: JsonValue): boolean | string | number | bigint | JsonObject | undefined;
}

const [INT64_MIN, INT64_END] = [-(2 ** 63), 2 ** 63];

/** By the RPC's name. */
export const VALUE_KINDS: Readonly<Record<string, ValueKind>> = {
  ResolveBoolean: { asks: 'a boolean', take: (value) => (typeof value === 'boolean' ? value : undefined) },
  ResolveString: { asks: 'a text', take: (value) => (typeof value === 'string' ? value : undefined) },
  ResolveFloat: { asks: 'a number', take: (value) => (typeof value === 'number' ? value : undefined) },
  ResolveInt: {
    asks: 'a whole number of 64 bits',
    take: (value) => {
      const fits = typeof value === 'number' && Number.isInteger(value) && value >= INT64_MIN && value < INT64_END;
      return fits ? BigInt(value) : undefined;
    },
  },
  ResolveObject: { asks: 'a JSON object', take: (value) => (isJsonObject(value) ? value : undefined) },
};

/** The INVALID for a value of another type than is asked for: clients read it as a mismatch of types. */
export function typeMismatch(key: string, value: JsonValue, { asks }: ValueKind): Error {
  const found = isJsonObject(value)
    ? 'a JSON object'
    : Array.isArray(value)
      ? 'a list'
      : `the ${typeof value} ${quote(value)}`;
  return invalid(`the flag ${quote(key)} has ${found}, and ${asks} is asked for`);
}

/** A value in the message of a flag of any type. A list has no place there, and is left out. */
export function anyValue(value: JsonValue | undefined) {
  switch (typeof value) {
    case 'boolean':
      return { case: 'boolValue', value } as const;
    case 'string':
      return { case: 'stringValue', value } as const;
    case 'number':
      return { case: 'doubleValue', value } as const;
    default:
      return isJsonObject(value) ? ({ case: 'objectValue', value } as const) : ({ case: undefined } as const);
  }
}

/** What version 1 has in the place of no value, by the flag's type. */
export const ZEROS: Readonly<Record<FlagType, JsonValue>> = { BOOLEAN: false, STRING: '', NUMBER: 0, JSON: {} };

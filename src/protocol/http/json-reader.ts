import { type DescEnum, type DescField, type DescMessage, type DescOneof, ScalarType } from '@bufbuild/protobuf';
import { Faults, pointerStep } from '../../core/values/fault.js';
import { isDeeperThan, isJsonObject, type JsonObject, type JsonValue, quote } from '../../core/values/json.js';
import { didYouMean } from '../../core/values/nearest-name.js';
import { isSecret } from '../../core/values/secrets.js';
import { parseInstant } from '../../core/values/time/time.js';
import { MAX_JSON_DEPTH } from '../well-known/struct.js';
import { emptyMessage, type Message, messageOf } from './message.js';

/**
 * Reads messages from JSON by the protobuf JSON mapping, into the shape of the generated code. Names may be written as in the
 * protocol or in lowerCamelCase, also within field masks. What does not fit, unknown members included, becomes a fault with its
 * JSON pointer. The caller must look at {@link faults} before it uses what was read.
 */
export class JsonReader {
  readonly faults = new Faults();

  /** @param elsewhere the names of what is no member of the message but goes into the query */
  message(type: DescMessage, json: JsonValue, pointer: string, elsewhere: readonly string[] = []): Message {
    const message = emptyMessage(type);
    if (!isJsonObject(json)) {
      this.faults.error(pointer, `is a JSON object, not ${shown(json, pointer)}`);
      return message;
    }
    const seen = new Set<DescField | DescOneof>();
    for (const [name, value] of Object.entries(json as JsonObject)) {
      const field = fieldNamed(type, name);
      if (field === undefined) {
        const known = type.fields.map((each) => each.name);
        const hint = elsewhere.includes(name) ? `; ${quote(name)} goes into the query` : didYouMean(name, known);
        this.faults.error(pointer, `has no member ${quote(name)}; it takes ${listed(known)}${hint}`);
        continue;
      }
      const at = `${pointer}${pointerStep(name)}`;
      if (value === null && !takesNull(field)) continue;
      const place = field.oneof ?? field;
      if (seen.has(place)) this.faults.error(at, `is given a second time, by ${quote(place.name)}`);
      seen.add(place);
      const read = this.field(field, value, at);
      if (field.oneof === undefined) message[field.localName] = read;
      else message[field.oneof.localName] = { $case: field.localName, value: read };
    }
    return message;
  }

  /** Reads the value of a field, which is a list if the field is repeated. */
  field(field: DescField, json: JsonValue, pointer: string): unknown {
    if (field.fieldKind !== 'list') return this.#single(field, json, pointer);
    if (!Array.isArray(json)) {
      this.faults.error(pointer, `is a list, not ${shown(json, pointer)}`);
      return [];
    }
    return json.map((item: JsonValue, i) => this.#single(field, item, `${pointer}/${i}`));
  }

  /** Reads the value of a field from a path or a query: a list has one text for each item. */
  texts(field: DescField, texts: readonly string[], pointer: string): unknown {
    const items = texts.map((text) =>
      field.scalar === ScalarType.BOOL && /^(true|false)$/.test(text) ? text === 'true' : text,
    );
    if (field.fieldKind === 'list') return this.field(field, items, pointer);
    if (items.length > 1) this.faults.error(pointer, `is given ${items.length} times, and takes one value`);
    return this.field(field, items[0] ?? '', pointer);
  }

  #single(field: DescField, json: JsonValue, pointer: string): unknown {
    if (field.enum !== undefined) return this.#enum(field.enum, json, pointer);
    if (field.scalar !== undefined) return this.#scalar(field.scalar, json, pointer);
    const message = messageOf(field);
    const wellKnown = this.#wellKnown[message.typeName];
    return wellKnown === undefined ? this.message(message, json, pointer) : wellKnown(json, pointer);
  }

  readonly #wellKnown: Readonly<Record<string, (json: JsonValue, pointer: string) => unknown>> = {
    'google.protobuf.Value': (json, pointer) => this.#anyJson(json, pointer),
    'google.protobuf.Struct': (json, pointer) => {
      if (isJsonObject(json)) return this.#anyJson(json, pointer);
      this.faults.error(pointer, `is a JSON object, not ${shown(json, pointer)}`);
      return {};
    },
    'google.protobuf.Timestamp': (json, pointer) => {
      const instant = new Date((typeof json === 'string' ? parseInstant(json) : undefined) ?? Number.NaN);
      const year = instant.getUTCFullYear();
      if (year >= 1 && year <= 9999) return instant;
      this.faults.error(pointer, `is an RFC 3339 instant like "2026-01-31T12:00:00Z", not ${shown(json, pointer)}`);
      return undefined;
    },
    'google.protobuf.Duration': (json, pointer) => {
      const [, minus = '', seconds = '', fraction = ''] = (typeof json === 'string' && DURATION.exec(json)) || [];
      if (seconds !== '' && Number(seconds) <= MAX_SECONDS) {
        const sign = minus === '' ? 1 : -1;
        return { seconds: sign * Number(seconds) || 0, nanos: sign * Number(fraction.padEnd(9, '0')) || 0 };
      }
      this.faults.error(pointer, `is a duration in seconds like "3600s" or "1.5s", not ${shown(json, pointer)}`);
      return undefined;
    },
    'google.protobuf.FieldMask': (json, pointer) => {
      if (typeof json === 'string') return json === '' ? [] : json.split(',').map((path) => snakeCase(path.trim()));
      this.faults.error(pointer, `is the names of fields with commas between, not ${shown(json, pointer)}`);
      return undefined;
    },
  };

  #anyJson(json: JsonValue, pointer: string): JsonValue {
    if (isDeeperThan(json, MAX_JSON_DEPTH)) this.faults.error(pointer, `is nested deeper than ${MAX_JSON_DEPTH}`);
    else this.#checkJson(json, pointer);
    return json;
  }

  /** Adds a fault for what JSON text can spell and is no value: half of a surrogate pair, a number that is read as infinite. */
  #checkJson(json: JsonValue, pointer: string): void {
    if (typeof json === 'string') this.#checkText(json, pointer);
    else if (typeof json === 'number' && !Number.isFinite(json))
      this.faults.error(pointer, 'is a number beyond any that is kept; make it smaller, or send it as text');
    else if (typeof json === 'object' && json !== null) {
      for (const [name, member] of Object.entries(json)) {
        this.#checkText(name, pointer);
        this.#checkJson(member as JsonValue, `${pointer}${pointerStep(name)}`);
      }
    }
  }

  #checkText(text: string, pointer: string): void {
    if (!text.isWellFormed()) this.faults.error(pointer, `${shown(text, pointer)} is not well-formed Unicode`);
  }

  #enum({ values, name }: DescEnum, json: JsonValue, pointer: string): number {
    const value = values.find((each) => each.name === json || each.number === json);
    if (value !== undefined) return value.number;
    const words = values.filter(({ number }) => number !== 0).map((each) => quote(each.name));
    this.faults.error(pointer, `is a ${name}: one of ${words.join(', ')}, not ${shown(json, pointer)}`);
    return 0;
  }

  #scalar(type: ScalarType, json: JsonValue, pointer: string): unknown {
    switch (type) {
      case ScalarType.STRING:
        if (typeof json !== 'string') break;
        this.#checkText(json, pointer);
        return json;
      case ScalarType.BOOL:
        if (typeof json === 'boolean') return json;
        break;
      case ScalarType.DOUBLE: {
        const number = typeof json === 'string' && NUMBER.test(json) ? Number(json) : json;
        if (typeof number === 'number' && (Number.isFinite(number) || typeof json === 'string')) return number;
        break;
      }
      default: {
        const range = INTEGERS[type];
        if (range === undefined) throw new Error(`a scalar of type ${ScalarType[type]} has no JSON form here`);
        const number = typeof json === 'string' && /^-?\d{1,20}$/.test(json) ? Number(json) : json;
        if (Number.isSafeInteger(number) && (number as number) >= range[0] && (number as number) <= range[1])
          return number;
        this.faults.error(pointer, `is a whole number from ${range[0]} to ${range[1]}, not ${shown(json, pointer)}`);
        return 0;
      }
    }
    this.faults.error(pointer, `is a ${WORDS[type]}, not ${shown(json, pointer)}`);
    return undefined;
  }
}

/** What was sent, as a message quotes it: by its kind alone where a secret belongs, or an address, which may hold a key of its own. */
function shown(json: JsonValue, pointer: string): string {
  if (!pointer.split('/').some((step) => step === 'url' || isSecret(step))) return quote(json);
  return Array.isArray(json) ? 'a list' : `a value of the type ${typeof json}`;
}

/** The field of a name, written in either of the two ways. */
export function fieldNamed(type: DescMessage, name: string): DescField | undefined {
  return type.fields.find((field) => field.name === name || field.jsonName === name);
}

/** Whether `null` is a value of the field. For any other field it says that the field is not given. */
function takesNull({ fieldKind, message }: DescField): boolean {
  return fieldKind === 'message' && message.typeName === 'google.protobuf.Value';
}

/** Names for a message of what is taken. */
export function listed(names: readonly string[]): string {
  return names.join(', ') || 'none at all';
}

function snakeCase(path: string): string {
  return path.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

const DURATION = /^(-?)(\d{1,12})(?:\.(\d{1,9}))?s$/;
/** The longest `google.protobuf.Duration`: ten thousand years. */
const MAX_SECONDS = 315_576_000_000;
const NUMBER = /^(?:-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|NaN|-?Infinity)$/;
const WORDS: Partial<Record<ScalarType, string>> = {
  [ScalarType.STRING]: 'string',
  [ScalarType.BOOL]: 'boolean',
  [ScalarType.DOUBLE]: 'number',
};

const { MIN_SAFE_INTEGER, MAX_SAFE_INTEGER } = Number;
/** The range of each kind of integer; for 64 bits, what a number of the generated code holds exactly. */
const INTEGERS: Partial<Record<ScalarType, readonly [number, number]>> = {
  [ScalarType.INT32]: [-(2 ** 31), 2 ** 31 - 1],
  [ScalarType.UINT32]: [0, 2 ** 32 - 1],
  [ScalarType.INT64]: [MIN_SAFE_INTEGER, MAX_SAFE_INTEGER],
  [ScalarType.UINT64]: [0, MAX_SAFE_INTEGER],
};

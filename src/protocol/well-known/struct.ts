import type { BinaryReader, BinaryWriter } from '@bufbuild/protobuf/wire';
import type { JsonObject, JsonValue } from '../../core/values/json.js';

/** How deep objects and lists may be nested in one value. */
export const MAX_JSON_DEPTH = 64;

/**
 * The codec of `google.protobuf.Struct` for the generated code: a JSON object on our side, without a message between.
 *
 * Decoding keeps every member an own member, `__proto__` included; it throws where a value has no kind, a number is
 * not finite, or the nesting passes {@link MAX_JSON_DEPTH}. Members that are undefined are not encoded.
 */
export const Struct = {
  wrap(object: { readonly [key: string]: unknown } | undefined): JsonObject {
    return (object ?? {}) as JsonObject;
  },
  unwrap(object: JsonObject): { [key: string]: unknown } {
    return object;
  },
  encode(object: JsonObject, writer: BinaryWriter): BinaryWriter {
    return writeObject(object, writer, 1);
  },
  decode(reader: BinaryReader, length: number): JsonObject {
    return readObject(reader, length, 1);
  },
};

/** The codec of `google.protobuf.Value`; see {@link Struct}. */
export const Value = {
  wrap(value: unknown): JsonValue {
    return value as JsonValue;
  },
  unwrap(value: JsonValue): unknown {
    return value;
  },
  encode(value: JsonValue, writer: BinaryWriter): BinaryWriter {
    return writeValue(value, writer, 1);
  },
  decode(reader: BinaryReader, length: number): JsonValue {
    return readValue(reader, length, 1);
  },
};

// Tags: field number * 8 + wire type (0 varint, 1 eight bytes, 2 length-delimited).
const FIELDS_TAG = 10;
const ENTRY_KEY_TAG = 10;
const ENTRY_VALUE_TAG = 18;
const NULL_TAG = 8;
const NUMBER_TAG = 17;
const STRING_TAG = 26;
const BOOL_TAG = 32;
const STRUCT_TAG = 42;
const LIST_TAG = 50;
const LIST_VALUES_TAG = 10;

function writeObject(object: JsonObject, writer: BinaryWriter, depth: number): BinaryWriter {
  checkDepth(depth);
  for (const key of Object.keys(object)) {
    const value = object[key];
    if (value === undefined) continue;
    writer.uint32(FIELDS_TAG).fork();
    if (key !== '') writer.uint32(ENTRY_KEY_TAG).string(key);
    writer.uint32(ENTRY_VALUE_TAG).fork();
    writeValue(value, writer, depth).join().join();
  }
  return writer;
}

function writeValue(value: JsonValue, writer: BinaryWriter, depth: number): BinaryWriter {
  switch (typeof value) {
    case 'boolean':
      return writer.uint32(BOOL_TAG).bool(value);
    case 'string':
      return writer.uint32(STRING_TAG).string(value);
    case 'number':
      return writer.uint32(NUMBER_TAG).double(finite(value));
    case 'object':
      if (value === null) return writer.uint32(NULL_TAG).int32(0);
      writer.uint32(isList(value) ? LIST_TAG : STRUCT_TAG).fork();
      return (isList(value) ? writeList(value, writer, depth + 1) : writeObject(value, writer, depth + 1)).join();
    default:
      throw new TypeError(`a ${typeof value} is not JSON`);
  }
}

function writeList(list: readonly JsonValue[], writer: BinaryWriter, depth: number): BinaryWriter {
  checkDepth(depth);
  for (const value of list) writeValue(value, writer.uint32(LIST_VALUES_TAG).fork(), depth).join();
  return writer;
}

function readObject(reader: BinaryReader, length: number, depth: number): JsonObject {
  checkDepth(depth);
  const object: Record<string, JsonValue> = {};
  const end = endOf(reader, length);
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag === FIELDS_TAG) readEntry(reader, object, depth);
    else skip(reader, tag);
  }
  checkEnd(reader, end);
  return object;
}

function readEntry(reader: BinaryReader, object: Record<string, JsonValue>, depth: number): void {
  let key = '';
  let value: JsonValue | undefined;
  const end = endOf(reader, reader.uint32());
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag === ENTRY_KEY_TAG) key = reader.string();
    else if (tag === ENTRY_VALUE_TAG) value = readValue(reader, reader.uint32(), depth);
    else skip(reader, tag);
  }
  checkEnd(reader, end);
  if (value === undefined) throw new Error(`the member ${JSON.stringify(key)} has no value`);
  if (key === '__proto__') {
    // Assigning a member named `__proto__` would set the prototype instead.
    Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
  } else {
    object[key] = value;
  }
}

function readValue(reader: BinaryReader, length: number, depth: number): JsonValue {
  let value: JsonValue | undefined;
  const end = endOf(reader, length);
  while (reader.pos < end) {
    const tag = reader.uint32();
    switch (tag) {
      case NULL_TAG:
        reader.int32();
        value = null;
        break;
      case NUMBER_TAG:
        value = finite(reader.double());
        break;
      case STRING_TAG:
        value = reader.string();
        break;
      case BOOL_TAG:
        value = reader.bool();
        break;
      case STRUCT_TAG:
        value = readObject(reader, reader.uint32(), depth + 1);
        break;
      case LIST_TAG:
        value = readList(reader, reader.uint32(), depth + 1);
        break;
      default:
        skip(reader, tag);
    }
  }
  checkEnd(reader, end);
  if (value === undefined) throw new Error('a google.protobuf.Value has no kind; send null_value for null');
  return value;
}

function readList(reader: BinaryReader, length: number, depth: number): readonly JsonValue[] {
  checkDepth(depth);
  const list: JsonValue[] = [];
  const end = endOf(reader, length);
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag === LIST_VALUES_TAG) list.push(readValue(reader, reader.uint32(), depth));
    else skip(reader, tag);
  }
  checkEnd(reader, end);
  return list;
}

function isList(value: readonly JsonValue[] | JsonObject): value is readonly JsonValue[] {
  return Array.isArray(value);
}

function finite(value: number): number {
  if (!Number.isFinite(value)) throw new RangeError(`${value} is not a JSON number`);
  return value;
}

function checkDepth(depth: number): void {
  if (depth > MAX_JSON_DEPTH) throw new RangeError(`JSON is nested deeper than ${MAX_JSON_DEPTH}`);
}

function endOf(reader: BinaryReader, length: number): number {
  const end = reader.pos + length;
  if (end > reader.len) throw new RangeError('premature end of message');
  return end;
}

function checkEnd(reader: BinaryReader, end: number): void {
  if (reader.pos !== end) throw new RangeError('a field reaches past the end of its message');
}

/** Skips a field that this release does not know. */
function skip(reader: BinaryReader, tag: number): void {
  if (tag >>> 3 === 0) throw new Error(`illegal tag ${tag}`);
  reader.skip(tag & 7, tag >>> 3);
}

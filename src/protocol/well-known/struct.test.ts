import { fromBinary, toBinary, toJson } from '@bufbuild/protobuf';
import { BinaryReader, BinaryWriter } from '@bufbuild/protobuf/wire';
import { StructSchema, ValueSchema } from '@bufbuild/protobuf/wkt';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { JsonObject, JsonValue } from '../../core/values/json.js';
import { MAX_JSON_DEPTH, Struct, Value } from './struct.js';

const encode = (value: JsonValue) => Value.encode(value, new BinaryWriter()).finish();
const decode = (bytes: Uint8Array) => Value.decode(new BinaryReader(bytes), bytes.length);

/** JSON as a parser gives it, so that `__proto__` is an own member. */
const parsed = (text: string) => JSON.parse(text) as JsonObject;

describe('JSON on the wire', () => {
  it('is the same after a round trip, and what the official runtime writes and reads', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (generated) => {
        const value = parsed(JSON.stringify(generated));
        const bytes = encode(value);
        expect(decode(bytes)).toEqual(value);
        const official = fromBinary(ValueSchema, bytes);
        expect(toJson(ValueSchema, official)).toEqual(value);
        expect(decode(toBinary(ValueSchema, official))).toEqual(value);
      }),
    );
  });

  it('keeps a member named __proto__ as a member, and touches no prototype', () => {
    const hostile = parsed('{"__proto__": {"admin": true}, "constructor": 1, "toString": null}');
    const bytes = Struct.encode(hostile, new BinaryWriter()).finish();
    expect(fromBinary(StructSchema, bytes).fields).toHaveProperty('constructor');
    const decoded = Struct.decode(new BinaryReader(bytes), bytes.length);
    expect(Object.keys(decoded)).toEqual(['__proto__', 'constructor', 'toString']);
    expect(Object.getPrototypeOf(decoded)).toBe(Object.prototype);
    expect(JSON.stringify(decoded)).toBe('{"__proto__":{"admin":true},"constructor":1,"toString":null}');
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });

  it('leaves out members that are undefined', () => {
    const value = Struct.wrap({ a: undefined, b: 1 });
    const bytes = Struct.encode(value, new BinaryWriter()).finish();
    expect(Struct.decode(new BinaryReader(bytes), bytes.length)).toEqual({ b: 1 });
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])('is not %p, either way', (number) => {
    expect(() => encode(number)).toThrow('is not a JSON number');
    const bytes = new BinaryWriter().uint32(17).double(number).finish();
    expect(() => decode(bytes)).toThrow('is not a JSON number');
  });

  it('is not nested deeper than the limit, either way', () => {
    const nested = (depth: number) => parsed('['.repeat(depth) + ']'.repeat(depth));
    expect(decode(encode(nested(MAX_JSON_DEPTH - 1)))).toEqual(nested(MAX_JSON_DEPTH - 1));
    expect(() => encode(nested(MAX_JSON_DEPTH + 1))).toThrow('nested deeper than 64');
    let bytes: Uint8Array = new BinaryWriter().uint32(50).bytes(new Uint8Array()).finish();
    for (let depth = 0; depth < 200; depth++) {
      bytes = new BinaryWriter().uint32(50).bytes(new BinaryWriter().uint32(10).bytes(bytes).finish()).finish();
    }
    expect(() => decode(bytes)).toThrow('nested deeper than 64');
  });

  it('passes over fields that it does not know', () => {
    const bytes = new BinaryWriter()
      .uint32(99 * 8)
      .int32(7)
      .uint32(32)
      .bool(true)
      .finish();
    expect(decode(bytes)).toBe(true);
  });

  it.each([
    ['nothing', [], 'has no kind'],
    ['a member without a value', [0x2a, 0x05, 0x0a, 0x03, 0x0a, 0x01, 0x61], 'the member "a" has no value'],
    ['a list that ends after its end', [0x32, 0x7f], 'premature'],
    [
      'a field that reaches past its message',
      [0x2a, 0x04, 0x0a, 0x02, 0x0a, 0x05, 0x61, 0x61],
      'premature|past the end',
    ],
    ['a zero tag', [0x00], 'illegal tag'],
  ])('refuses %s', (_what, bytes, message) => {
    expect(() => decode(Uint8Array.from(bytes))).toThrow(new RegExp(message));
  });
});

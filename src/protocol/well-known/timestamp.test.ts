import { fromBinary } from '@bufbuild/protobuf';
import { BinaryReader, BinaryWriter } from '@bufbuild/protobuf/wire';
import { TimestampSchema, timestampDate } from '@bufbuild/protobuf/wkt';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { User } from '../../../test/gen/latchkey/v1/user.js';
import { Timestamp } from './timestamp.js';

const at = (joinedAt: Date) => User.decode(User.encode(User.fromPartial({ joinedAt })).finish()).joinedAt;

const encode = (timestamp: Timestamp) => Timestamp.encode(timestamp, new BinaryWriter()).finish();

const raw = (seconds: bigint, nanos: number) => {
  const bytes = new BinaryWriter().uint32(8).int64(seconds).uint32(16).int32(nanos).finish();
  return Timestamp.decode(new BinaryReader(bytes), bytes.length);
};

describe('an instant on the wire', () => {
  it('is the same after a round trip, in any year from 1 to 9999', () => {
    const range = { min: new Date('0001-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59.999Z') };
    fc.assert(
      fc.property(fc.date({ ...range, noInvalidDate: true }), (date) => {
        expect(at(date)?.getTime()).toBe(date.getTime());
      }),
    );
  });

  it('before 1970 has nanos that count forward', () => {
    const bytes = encode({ seconds: -1, nanos: -500_000_000 });
    const official = fromBinary(TimestampSchema, bytes);
    expect(official).toMatchObject({ seconds: -2n, nanos: 500_000_000 });
    expect(timestampDate(official).getTime()).toBe(-1500);
  });

  it('outside of those years, or with impossible nanos, is refused either way', () => {
    expect(() => raw(253_402_300_800n, 0)).toThrow('outside the years 1 to 9999');
    expect(() => raw(-62_135_596_801n, 0)).toThrow('outside the years 1 to 9999');
    expect(() => raw(2n ** 62n, 0)).toThrow('outside the years 1 to 9999');
    expect(() => raw(0n, 1_000_000_000)).toThrow('nanos');
    expect(() => raw(0n, -1)).toThrow('nanos');
    expect(() => at(new Date(Number.NaN))).toThrow('outside the years 1 to 9999');
  });
});

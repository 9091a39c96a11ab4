import type { BinaryReader, BinaryWriter } from '@bufbuild/protobuf/wire';

/** A `google.protobuf.Timestamp`, which the generated code makes from a Date and makes a Date from. */
export interface Timestamp {
  /** Since 1970-01-01T00:00:00Z. */
  readonly seconds: number;
  /** Forward from `seconds`, 0…999,999,999; below 0 only on its way into {@link Timestamp.encode}. */
  readonly nanos: number;
}

/** The first and the last second of a Timestamp: 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z. */
const MIN_SECONDS = -62_135_596_800;
const MAX_SECONDS = 253_402_300_799;
const NANOS_PER_SECOND = 1_000_000_000;

const SECONDS_TAG = 8;
const NANOS_TAG = 16;

/** The codec of `google.protobuf.Timestamp`; it throws where the instant is outside the years 1…9999. */
export const Timestamp = {
  encode({ seconds, nanos }: Timestamp, writer: BinaryWriter): BinaryWriter {
    // Instants before 1970 arrive with negative nanos, which the wire does not allow.
    const instant = nanos < 0 ? { seconds: seconds - 1, nanos: nanos + NANOS_PER_SECOND } : { seconds, nanos };
    check(instant);
    if (instant.seconds !== 0) writer.uint32(SECONDS_TAG).int64(instant.seconds);
    if (instant.nanos !== 0) writer.uint32(NANOS_TAG).int32(Math.round(instant.nanos));
    return writer;
  },
  decode(reader: BinaryReader, length: number): Timestamp {
    let seconds = 0;
    let nanos = 0;
    const end = reader.pos + length;
    while (reader.pos < end) {
      const tag = reader.uint32();
      if (tag === SECONDS_TAG) seconds = Number(reader.int64());
      else if (tag === NANOS_TAG) nanos = reader.int32();
      else reader.skip(tag & 7, tag >>> 3);
    }
    if (reader.pos !== end) throw new RangeError('a field reaches past the end of its message');
    const instant = { seconds, nanos };
    check(instant);
    return instant;
  },
};

function check({ seconds, nanos }: Timestamp): void {
  // The condition is negated so that it holds for NaN, too.
  if (!(seconds >= MIN_SECONDS && seconds <= MAX_SECONDS)) {
    throw new RangeError(`a timestamp of ${seconds} seconds is outside the years 1 to 9999`);
  }
  if (!(nanos >= 0 && nanos < NANOS_PER_SECOND)) {
    throw new RangeError(`a timestamp's nanos are 0 to 999999999, not ${nanos}`);
  }
}

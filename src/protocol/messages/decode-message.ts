import { BinaryReader } from '@bufbuild/protobuf/wire';

/** What the generated code offers of a message for decoding. */
export interface Decoder<T> {
  decode(input: BinaryReader, length?: number): T;
}

/** What a request that could not be decoded becomes, so that its call is answered in the ordinary way. */
export class MalformedRequest {
  readonly reason: string;

  constructor(reason: string) {
    this.reason = reason;
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Text of a string field; throws where it is not UTF-8, instead of making two different ids the same. */
function strictUtf8(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new Error('a string field is not valid UTF-8');
  }
}

/** Decodes a whole message, or says why that cannot be done. */
export function decodeMessage<T>(type: Decoder<T>, bytes: Uint8Array): T | MalformedRequest {
  try {
    const reader = new BinaryReader(bytes, strictUtf8);
    const message = type.decode(reader);
    if (reader.pos === reader.len) return message;
    return new MalformedRequest(`the message ends at byte ${reader.pos} of ${reader.len}`);
  } catch (error) {
    return new MalformedRequest(error instanceof Error ? error.message : String(error));
  }
}

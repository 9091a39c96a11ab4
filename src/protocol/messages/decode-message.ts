import { BinaryReader } from '@bufbuild/protobuf/wire';

/** The part of the generated code of a message that decodes it. */
export interface Decoder<T> {
  decode(input: BinaryReader, length?: number): T;
}

/** Stands for a request that could not be decoded, so that its call is answered like any other. */
export class MalformedRequest {
  readonly reason: string;

  constructor(reason: string) {
    this.reason = reason;
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The text of a string field. Throws for bytes that are no UTF-8, by which two different ids would become the same. */
function strictUtf8(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new Error('a string field is not valid UTF-8');
  }
}

/** Decodes a message, or gives what is wrong with it. */
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

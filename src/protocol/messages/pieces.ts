import { BinaryWriter } from '@bufbuild/protobuf/wire';

// Answers that are put together from pieces which are encoded already.

/** For numbers alone: it keeps as much memory as the largest that it has written needed. */
const writer = new BinaryWriter();

/** What stands before a length-delimited field of so many bytes. `tag` is the field's number * 8 + 2. */
export function fieldHead(tag: number, length: number): Uint8Array {
  return writer.uint32(tag).uint32(length).finish();
}

/** A string field; nothing for ''. */
export function stringField(tag: number, text: string): Uint8Array {
  return text === '' ? NOTHING : new BinaryWriter().uint32(tag).string(text).finish();
}

export const NOTHING = new Uint8Array(0);

/** Longer pieces are copied by the engine; for short ones that takes longer than to copy byte by byte. */
const SHORT = 64;

/** All pieces, one after the other. Memory that is short may be part of a larger one. */
export function inOnePiece(pieces: readonly Uint8Array[]): Buffer {
  let length = 0;
  for (const piece of pieces) length += piece.length;
  const whole = Buffer.allocUnsafe(length);
  let at = 0;
  for (const piece of pieces) {
    const end = at + piece.length;
    if (piece.length > SHORT) whole.set(piece, at);
    else for (let from = at, i = 0; i < piece.length; i++) whole[from + i] = piece[i]!;
    at = end;
  }
  return whole;
}

import type { PartKind, Sentence } from '../../core/sentences/part.js';
import { type Sentence as SentenceMessage, SentencePart_Kind } from '../gen/latchkey/v1/sentence.js';

/** A sentence as a message. */
export function sentenceMessage({ text, parts }: Sentence): SentenceMessage {
  return {
    text,
    parts: parts.map((part) => ({
      kind: SentencePart_Kind[part.kind.toUpperCase() as Uppercase<PartKind>],
      text: part.text,
      pointer: part.pointer,
      value: part.value,
    })),
  };
}

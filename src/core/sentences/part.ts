import { type JsonValue, withoutMisleading } from '../values/json.js';

/** What a part of a sentence stands for, so that it can be linked and highlighted; `text` is what joins the others. */
export type PartKind =
  | 'text'
  | 'fact'
  | 'operator'
  | 'value'
  | 'segment'
  | 'flag'
  | 'role'
  | 'organization'
  | 'stage'
  | 'action'
  | 'rule'
  | 'variant'
  | 'field';

/** A piece of a sentence. */
export interface Part {
  readonly kind: PartKind;
  /** As it stands in the sentence. */
  readonly text: string;
  /** A JSON pointer to where it comes from, into what is described; absent for what joins parts. */
  readonly pointer?: string;
  /** The constant, or the name or key, that the text stands for; absent where it stands for none. */
  readonly value?: JsonValue;
}

export type Words = readonly Part[];

/** A sentence in English, as a text and in its parts, which make up that text. */
export interface Sentence {
  readonly text: string;
  readonly parts: Words;
}

/** A part that stands for something. Its text has no character that would hide or turn what stands around it; its value is as it is. */
export function part(kind: PartKind, text: string, pointer?: string, value?: JsonValue): Part {
  return {
    kind,
    text: withoutMisleading(text),
    ...(pointer === undefined ? {} : { pointer }),
    ...(value === undefined ? {} : { value }),
  };
}

type Inserted = string | Part | Words;

/** Words from a template: what is inserted is a text, a part, or words. */
export function say(texts: TemplateStringsArray, ...inserted: readonly Inserted[]): Words {
  const words: Part[] = [];
  for (const [i, text] of texts.entries()) {
    words.push(...wordsOf(text));
    const next = inserted[i];
    if (next !== undefined) words.push(...wordsOf(next));
  }
  return words;
}

function wordsOf(inserted: Inserted): Words {
  if (typeof inserted === 'string') return inserted === '' ? [] : [{ kind: 'text', text: withoutMisleading(inserted) }];
  return 'kind' in inserted ? [inserted] : inserted;
}

/** Several words in a row: `a, b and c`. */
export function listed(several: readonly Words[], last: 'and' | 'or', comma = ', '): Words {
  return several.flatMap((words, i) => {
    if (i === 0) return words;
    return say`${i === several.length - 1 ? ` ${last} ` : comma}${words}`;
  });
}

/** The sentence that words make: texts that follow one another are one part. */
export function sentence(words: Words): Sentence {
  const parts: Part[] = [];
  for (const next of words) {
    const before = parts.at(-1);
    if (before?.kind === 'text' && next.kind === 'text')
      parts[parts.length - 1] = { kind: 'text', text: before.text + next.text };
    else parts.push(next);
  }
  return { text: textOf(parts), parts };
}

export function textOf(words: Words): string {
  return words.map(({ text }) => text).join('');
}

/** Words of what is there no more: they come from nowhere in what there is now. */
export function unplaced(words: Words): Words {
  return words.map(({ pointer, ...rest }) => rest);
}

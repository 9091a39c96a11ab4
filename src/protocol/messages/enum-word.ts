import { invalid } from '../../calls/errors.js';

/** The word at an enum's number; INVALID for a number that stands for none. `field` is how the caller knows it. */
export function enumWord<Word extends string>(words: readonly Word[], value: number, field: string): Word {
  const word = words[value];
  if (word === undefined) throw invalid(`${field} ${value} is none of: ${[...new Set(words)].join(', ')}`);
  return word;
}

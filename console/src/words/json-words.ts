import { number } from './counting.js';
import { spoken } from './spoken.js';
import { words as everywhere } from './words.js';

/** The words of fields in which JSON is edited. */
export const jsonWords = {
  fault: 'This is no JSON, or a number in it is larger than any that is kept',
  line: (n: number) => `Line ${number.format(n)}`,
};

export const words = { ...everywhere, ...spoken({ json: jsonWords }) };

import { en } from './en.js';
import { spoken } from './spoken.js';

/** The words of the frame and of what all pages are made of. A page has its own beside them in a file of its own, like `flag-words.ts`. */
export const words = spoken(en);

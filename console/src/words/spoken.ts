/**
 * A part of the catalogue (see `catalogue.ts`) in the language that the console speaks: English, in which it is written. A
 * build for another language puts a module that has its words in the place of this one, by CONSOLE_SPOKEN.
 */
export function spoken<Part extends object>(part: Part): Part {
  return part;
}

// The only file that may import re2js: its time is linear in the text, whatever the pattern.
import { RE2JS } from 're2js';

/** The longest pattern, in characters. */
const MAX_PATTERN_LENGTH = 256;

/** The longest text that is searched, in characters; a longer one never matches. */
const MAX_SUBJECT_LENGTH = 4096;

/** How large a pattern may become, in the library's instructions: `a{1000}` is short and yet slow. */
const MAX_PROGRAM_SIZE = 512;

/** Searches a text for a pattern, anywhere in it. */
export type TextMatcher = (text: string) => boolean;

/** Compiles a pattern of RE2's syntax, or says why it cannot be used. */
export function compilePattern(pattern: string): TextMatcher | { readonly fault: string } {
  if (pattern.length > MAX_PATTERN_LENGTH) {
    return { fault: `has ${pattern.length} characters, at most ${MAX_PATTERN_LENGTH} are allowed` };
  }
  try {
    const compiled = RE2JS.compile(pattern);
    if (compiled.programSize() > MAX_PROGRAM_SIZE) return { fault: 'repeats too much: use smaller repeat counts' };
    return (text) => text.length <= MAX_SUBJECT_LENGTH && compiled.test(text);
  } catch (error) {
    return { fault: error instanceof Error ? error.message : 'is not a regular expression' };
  }
}

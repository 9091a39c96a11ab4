const SPACE = /[ \t\n\r]*/y;
const LITERAL = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what JSON takes in no string.
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[\da-fA-F]{4})/y;

/**
 * Where a text that is no JSON stops being the beginning of any, counted in UTF-16 units from 0; its length, where it only ends too
 * early. The engine's own message says so by quoting what stands there, which may be a secret.
 */
export function placeOfJsonFault(text: string): number {
  return new Scan(text).place();
}

class Scan {
  readonly #text: string;
  #at: number = 0;

  constructor(text: string) {
    this.#text = text;
  }

  place(): number {
    // The brackets that are open, innermost last.
    const open: string[] = [];
    let isValueNext = true;
    for (;;) {
      this.#take(SPACE);
      const next = this.#text[this.#at];
      if (isValueNext) {
        if (next === '{' || next === '[') {
          this.#at++;
          open.push(next);
          this.#take(SPACE);
          isValueNext = this.#text[this.#at] !== CLOSING[next];
          if (isValueNext && next === '{' && !this.#name()) return this.#at;
          continue;
        }
        if (!(next === '"' ? this.#string() : this.#take(LITERAL))) return this.#at;
        isValueNext = false;
      } else if (next === ',' && open.length > 0) {
        this.#at++;
        if (open.at(-1) === '{' && !this.#name()) return this.#at;
        isValueNext = true;
      } else if (next !== undefined && next === CLOSING[open.at(-1) ?? '']) {
        this.#at++;
        open.pop();
      } else {
        return this.#at;
      }
    }
  }

  /** Goes beyond a member's name and its colon; false where there is none, at which it stops. */
  #name(): boolean {
    this.#take(SPACE);
    if (this.#text[this.#at] !== '"' || !this.#string()) return false;
    this.#take(SPACE);
    if (this.#text[this.#at] !== ':') return false;
    this.#at++;
    return true;
  }

  #string(): boolean {
    this.#at++;
    for (;;) {
      this.#take(PLAIN);
      if (this.#text[this.#at] === '"') {
        this.#at++;
        return true;
      }
      if (!this.#take(ESCAPE)) return false;
    }
  }

  /** Goes beyond what the pattern finds here; false where that is nothing. */
  #take(pattern: RegExp): boolean {
    pattern.lastIndex = this.#at;
    const [found = ''] = pattern.exec(this.#text) ?? [];
    this.#at += found.length;
    return found !== '';
  }
}

const CLOSING: Readonly<Record<string, string>> = { '{': '}', '[': ']' };

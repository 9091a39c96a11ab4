/** A source whose comments, regular expressions and literal texts are out of the way. */
export interface MaskedSource {
  /** The code; each string literal stands as `"N"`, its index in `strings`. */
  readonly code: string;
  readonly strings: readonly string[];
}

/** After one of these a slash begins a regular expression; after anything else it divides. */
const BEFORE_REGEX =
  /(?:^|[=(,:;[!&|?{}+\-*%<>~^]|\b(?:return|typeof|case|in|of|do|else|void|delete|throw|new|await|yield))\s*$/;

/** Reads TypeScript without a parser: replaces what only looks like code, so that patterns may be matched on the rest. */
export function maskLiterals(source: string): MaskedSource {
  const strings: string[] = [];
  let code = '';
  let at = 0;
  // How deep in braces each `${` of an open template is; text resumes at its closing brace.
  const templates: number[] = [];
  let depth = 0;

  const addString = (text: string): void => {
    code += `"${strings.length}"`;
    strings.push(text);
  };

  const readQuoted = (quote: string): void => {
    const end = endOf(source, at + 1, (character) => character === quote || character === '\n');
    addString(source.slice(at + 1, end));
    at = end + 1;
  };

  /** From the first character of template text; a template without `${}` is a plain string. */
  const readTemplateText = (whole: boolean): void => {
    const start = at;
    const end = endOf(source, at, (character, next) => character === '`' || (character === '$' && next === '{'));
    if (source[end] === '$') {
      templates.push(depth);
      depth += 1;
      code += whole ? '`${' : '${';
      at = end + 2;
      return;
    }
    if (whole) {
      addString(source.slice(start, end));
    } else {
      code += '`';
    }
    at = end + 1;
  };

  while (at < source.length) {
    const character = source[at] ?? '';
    const next = source[at + 1];
    if (character === '/' && next === '/') {
      at = indexOrEnd(source, '\n', at);
    } else if (character === '/' && next === '*') {
      at = indexOrEnd(source, '*/', at + 2) + 2;
      code += ' ';
    } else if (character === '/' && BEFORE_REGEX.test(code.slice(-20))) {
      at = endOfRegex(source, at + 1);
      code += '/./';
    } else if (character === "'" || character === '"') {
      readQuoted(character);
    } else if (character === '`') {
      at += 1;
      readTemplateText(true);
    } else if (character === '}' && templates.at(-1) === depth - 1) {
      templates.pop();
      depth -= 1;
      code += '}';
      at += 1;
      readTemplateText(false);
    } else {
      depth += character === '{' ? 1 : character === '}' ? -1 : 0;
      code += character;
      at += 1;
    }
  }
  return { code, strings };
}

function indexOrEnd(source: string, text: string, from: number): number {
  const found = source.indexOf(text, from);
  return found === -1 ? source.length : found;
}

/** The first position, escapes skipped, at which `isEnd` holds; the source's end if none. */
function endOf(source: string, from: number, isEnd: (character: string, next: string) => boolean): number {
  let at = from;
  while (at < source.length && !isEnd(source[at] ?? '', source[at + 1] ?? '')) {
    at += source[at] === '\\' ? 2 : 1;
  }
  return at;
}

/** Past the closing slash; a slash within a character class does not close. */
function endOfRegex(source: string, from: number): number {
  let inClass = false;
  const end = endOf(source, from, (character) => {
    inClass = character === '[' || (inClass && character !== ']');
    return character === '\n' || (character === '/' && !inClass);
  });
  return end + 1;
}

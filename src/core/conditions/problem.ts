/** Something wrong, or doubtful, at a place in a document. */
export interface Problem {
  /** A JSON pointer (RFC 6901) to the offending node; '' is the document itself. */
  readonly pointer: string;
  readonly message: string;
}

/** A step of a JSON pointer, escaped. */
export function pointerStep(key: string): string {
  return `/${key.slice(0, 64).replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

const LONGEST_QUOTE = 60;

/** A value as a message quotes it: short, whatever its size. */
export function quote(value: unknown): string {
  if (typeof value === 'string') {
    return value.length > LONGEST_QUOTE ? `${JSON.stringify(value.slice(0, LONGEST_QUOTE))}…` : JSON.stringify(value);
  }
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  return String(value);
}

/** Gathers errors and warnings, and stops taking errors once nobody would read on. */
export class Problems {
  static readonly MAX_ERRORS = 50;
  readonly errors: Problem[] = [];
  readonly warnings: Problem[] = [];

  get full(): boolean {
    return this.errors.length >= Problems.MAX_ERRORS;
  }

  error(pointer: string, message: string): void {
    if (!this.full) this.errors.push({ pointer, message });
  }

  warn(pointer: string, message: string): void {
    this.warnings.push({ pointer, message });
  }
}

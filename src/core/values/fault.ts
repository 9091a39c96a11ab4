/** Something wrong, or doubtful, at a place in an input, and what to do about it. */
export interface Fault {
  /** A JSON pointer (RFC 6901) to the offending place, or the path of a field; '' is the input itself. */
  readonly pointer: string;
  readonly message: string;
}

/** A step of a JSON pointer, escaped. */
export function pointerStep(key: string): string {
  return `/${key.slice(0, 64).replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

/** Gathers errors and warnings, and stops taking errors once nobody would read on. */
export class Faults {
  static readonly MAX_ERRORS = 50;
  readonly errors: Fault[] = [];
  readonly warnings: Fault[] = [];

  get full(): boolean {
    return this.errors.length >= Faults.MAX_ERRORS;
  }

  error(pointer: string, message: string): void {
    if (!this.full) this.errors.push({ pointer, message });
  }

  warn(pointer: string, message: string): void {
    this.warnings.push({ pointer, message });
  }
}

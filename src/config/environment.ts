import { readFileSync } from 'node:fs';

/** A setting that cannot be used; the message names it, quotes it (unless it is a secret) and says what to do. */
export class ConfigError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ConfigError';
  }
}

/** The environment's settings by name. Each is read as the kind of value that it must be, or throws {@link ConfigError}. */
export class Environment {
  readonly #values: Readonly<Record<string, string | undefined>>;
  readonly #asked = new Set<string>();

  constructor(values: Readonly<Record<string, string | undefined>>) {
    this.#values = values;
  }

  /** The names of what is set, and was asked for by nobody until now. */
  unread(): readonly string[] {
    return Object.keys(this.#values).filter((name) => !this.#asked.has(name));
  }

  /** The names that were asked for until now. */
  asked(): readonly string[] {
    return [...this.#asked];
  }

  /** A text; undefined where it is not set, or empty. */
  text(name: string): string | undefined {
    this.#asked.add(name);
    return this.#values[name] || undefined;
  }

  /** A secret: from the variable itself, or from the file that `NAME_FILE` names. */
  secret(name: string): string | undefined {
    const [given, file] = [this.text(name), this.text(`${name}_FILE`)];
    if (given !== undefined && file !== undefined) throw new ConfigError(`give ${name} or ${name}_FILE, not both`);
    if (file === undefined) return given;
    const content = readFile(`${name}_FILE`, file).trim();
    // An empty secret would be taken for one that is not set, and silently switch off what it protects.
    if (content === '') throw new ConfigError(`${name}_FILE=${JSON.stringify(file)} is empty; put the secret into it`);
    return content;
  }

  flag(name: string, fallback: boolean): boolean {
    const value = this.text(name)?.toLowerCase();
    if (value === undefined) return fallback;
    if (['true', 'on', '1', 'yes'].includes(value)) return true;
    if (['false', 'off', '0', 'no'].includes(value)) return false;
    throw new ConfigError(`${name}=${JSON.stringify(value)} is neither true nor false`);
  }

  integer(name: string, fallback: number, min: number, max: number): number {
    const value = this.text(name);
    if (value === undefined) return fallback;
    const number = Number(value);
    if (Number.isInteger(number) && number >= min && number <= max) return number;
    throw new ConfigError(`${name}=${JSON.stringify(value)} is no whole number from ${min} to ${max}`);
  }

  list(name: string): readonly string[] {
    const items = (this.text(name) ?? '').split(',').map((item) => item.trim());
    return items.filter((item) => item !== '');
  }

  oneOf(name: string, fallback: string, known: readonly string[]): string {
    const value = this.text(name) ?? fallback;
    if (known.includes(value)) return value;
    throw new ConfigError(`${name}=${JSON.stringify(value)} is none of ${known.join(', ')}`);
  }
}

/** A file that a setting names, as text. */
export function readFile(name: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new ConfigError(`${name}=${JSON.stringify(path)} cannot be read: ${(error as Error).message}`);
  }
}

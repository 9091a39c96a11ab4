/** A mapping's fields; a field of another name is refused, so that no misspelt case passes for nothing. */
export class Fields {
  readonly #given: Readonly<Record<string, unknown>>;
  readonly #where: string;

  constructor(given: unknown, where: string, known: readonly string[]) {
    this.#given = given as Readonly<Record<string, unknown>>;
    this.#where = where;
    const strange = Object.keys(this.#given).find((field) => !known.includes(field));
    if (strange !== undefined)
      throw new Error(`${where}: no field is called "${strange}"; there are ${known.join(', ')}`);
  }

  has(field: string): boolean {
    return Object.hasOwn(this.#given, field);
  }

  get(field: string): unknown {
    return this.has(field) ? this.#given[field] : undefined;
  }

  text(field: string, otherwise?: string): string {
    const value = this.get(field) ?? otherwise;
    if (typeof value !== 'string') throw new Error(`${this.#where}: "${field}" must be a text`);
    return value;
  }

  list(field: string): readonly unknown[] {
    return (this.get(field) ?? []) as readonly unknown[];
  }

  object(field: string): object {
    return (this.get(field) ?? {}) as object;
  }

  entries(field: string): readonly [string, unknown][] {
    return Object.entries(this.object(field));
  }
}

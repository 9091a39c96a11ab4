import fc, { type Arbitrary } from 'fast-check';

/** As much of JSON Schema as the document uses. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly pattern?: string;
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
}

/** Values by the name of the member or parameter that holds them: what random text would never hit. */
export type Hints = Readonly<Record<string, readonly unknown[]>>;

const DEPTH = 4;
const text = fc.string({ unit: 'grapheme', maxLength: 12 });
const json = fc.jsonValue({ maxDepth: 3 }).map((value) => JSON.parse(JSON.stringify(value)) as unknown);

/** Values that fit a schema of the document; what has a hint is often one of those. */
export class SchemaValues {
  readonly #schemas: Readonly<Record<string, Schema>>;
  readonly #hints: Hints;

  constructor(schemas: Readonly<Record<string, Schema>>, hints: Hints) {
    this.#schemas = schemas;
    this.#hints = hints;
  }

  of(schema: Schema, name = '', depth = DEPTH): Arbitrary<unknown> {
    const values = this.#of(schema, name, depth);
    const hints = this.#hints[name];
    return hints === undefined ? values : fc.oneof({ arbitrary: fc.constantFrom(...hints), weight: 3 }, values);
  }

  #of(schema: Schema, name: string, depth: number): Arbitrary<unknown> {
    const { $ref, const: only, enum: words, anyOf, oneOf, type } = schema;
    if ($ref !== undefined) return this.#of(this.#schemas[$ref.split('/').at(-1)!]!, name, depth);
    if (only !== undefined) return fc.constant(only);
    if (words !== undefined) return fc.constantFrom(...words);
    const choices = anyOf ?? oneOf;
    if (choices !== undefined) return fc.oneof(...choices.map((choice) => this.#of(choice, name, depth)));
    if (Array.isArray(type))
      return fc.oneof(...type.map((one: string) => this.#of({ ...schema, type: one }, name, depth)));
    switch (type) {
      case 'object':
        return this.#object(schema, depth);
      case 'array':
        return fc.array(this.of(schema.items ?? {}, name, depth - 1), { maxLength: depth > 0 ? 3 : 0 });
      case 'string':
        return textOf(schema);
      case 'integer':
        return fc.integer({ min: schema.minimum ?? -1_000, max: Math.min(schema.maximum ?? 1_000, 2 ** 31 - 1) });
      case 'number':
        return fc.double({ noNaN: true, noDefaultInfinity: true });
      case 'boolean':
        return fc.boolean();
      case 'null':
        return fc.constant(null);
      default:
        return json;
    }
  }

  #object({ properties = {}, required = [], additionalProperties }: Schema, depth: number): Arbitrary<unknown> {
    const members = Object.entries(properties).filter(([member]) => depth > 0 || required.includes(member));
    const known = fc.record(
      Object.fromEntries(members.map(([member, schema]) => [member, this.of(schema, member, depth - 1)])),
      { requiredKeys: [...required] },
    );
    if (additionalProperties !== true || members.length > 0) return known.map((object) => ({ ...object }));
    return fc.dictionary(text, json, { maxKeys: 3 }).map((object) => ({ ...object }));
  }
}

function textOf({ pattern, format }: Schema): Arbitrary<string> {
  if (pattern !== undefined) return fc.stringMatching(new RegExp(pattern));
  if (format === 'date-time') {
    const range = { min: new Date('2000-01-01T00:00:00Z'), max: new Date('2100-01-01T00:00:00Z') };
    return fc.date({ ...range, noInvalidDate: true }).map((date) => date.toISOString());
  }
  return text;
}

import { type DescEnum, type DescField, type DescMessage, ScalarType } from '@bufbuild/protobuf';
import type { JsonObject, JsonValue } from '../../core/values/json.js';
import { isImplicit, messageOf } from './message.js';

/** The comments of `proto/` on messages, fields, enums, values and RPCs, by full name. */
export type Comments = Readonly<Record<string, string>>;

/**
 * JSON Schemas of messages, each under a name by which the others refer to it. A message that both callers and the server
 * send has two schemas: the server always writes fields without presence, and callers may leave any field out.
 */
export class MessageSchemas {
  readonly byName: Record<string, JsonObject> = {};
  readonly #comments: Comments;

  constructor(comments: Comments) {
    this.#comments = comments;
  }

  /** A reference to the schema of a message as the server sends it. */
  written(type: DescMessage): JsonObject {
    return this.#reference(type, 'written');
  }

  /** A reference to the schema of a message as callers send it. */
  read(type: DescMessage): JsonObject {
    return this.#reference(type, 'read');
  }

  /** The schema of a field's value in a path or a query. */
  text(field: DescField): JsonObject {
    return this.#field(field, 'read');
  }

  /** The comment of `proto/` on what has this full name. */
  comment(fullName: string): string {
    return this.#comments[fullName] ?? '';
  }

  #reference(type: DescMessage, way: Way): JsonObject {
    const name = nameOf(type, way);
    if (!(name in this.byName)) {
      // The name is taken before the fields are described, since a message may hold messages of its own type.
      this.byName[name] = {};
      this.byName[name] = this.#message(type, way);
    }
    return { $ref: `#/components/schemas/${name}` };
  }

  #message(type: DescMessage, way: Way): JsonObject {
    const properties = type.fields.map((field) => [field.name, this.#described(field, way)] as const);
    const required = type.fields.filter((field) => way === 'written' && isAlwaysWritten(field)).map(({ name }) => name);
    return {
      type: 'object',
      ...described(this.comment(type.typeName)),
      properties: Object.fromEntries(properties),
      ...(required.length === 0 ? {} : { required }),
      additionalProperties: false,
    };
  }

  #described(field: DescField, way: Way): JsonObject {
    const comment = this.comment(`${field.parent.typeName}.${field.name}`);
    return { ...this.#field(field, way), ...described(comment) };
  }

  #field(field: DescField, way: Way): JsonObject {
    const one = this.#value(field, way);
    return field.fieldKind === 'list' ? { type: 'array', items: one } : one;
  }

  #value(field: DescField, way: Way): JsonObject {
    if (field.enum !== undefined) return this.#enum(field.enum, way);
    if (field.scalar !== undefined) return scalarSchema(field.scalar);
    const message = messageOf(field);
    return WELL_KNOWN[message.typeName] ?? this.#reference(message, way);
  }

  /** The schema of an enum. Callers leave the field out in place of the value that says nothing. */
  #enum({ values, parent, file }: DescEnum, way: Way): JsonObject {
    const scope = parent?.typeName ?? file.proto.package;
    const words = way === 'read' ? values.filter(({ number }) => number !== 0) : values;
    const lines = words.map(({ name }) => `- \`${name}\`: ${this.comment(`${scope}.${name}`)}`);
    return { type: 'string', enum: words.map(({ name }) => name), ...described(lines.join('\n')) };
  }
}

type Way = 'read' | 'written';

/** The name of a message's schema. Where it has two, the one for callers has a name of its own. */
function nameOf({ typeName, file }: DescMessage, way: Way): string {
  const name = typeName.slice(file.proto.package.length + 1).replaceAll('.', '_');
  return way === 'written' || name.endsWith('Request') ? name : `${name}Input`;
}

function isAlwaysWritten(field: DescField): boolean {
  return field.fieldKind === 'list' || isImplicit(field);
}

function described(description: string): { readonly description?: string } {
  return description === '' ? {} : { description };
}

const WELL_KNOWN: Readonly<Record<string, JsonObject>> = {
  'google.protobuf.Value': {},
  'google.protobuf.Struct': { type: 'object', additionalProperties: true },
  'google.protobuf.Timestamp': { type: 'string', format: 'date-time' },
  'google.protobuf.Duration': { type: 'string', pattern: '^-?[0-9]{1,12}(\\.[0-9]{1,9})?s$' },
  'google.protobuf.FieldMask': { type: 'string' },
};

const SCALARS: Partial<Record<ScalarType, JsonObject>> = {
  [ScalarType.STRING]: { type: 'string' },
  [ScalarType.BOOL]: { type: 'boolean' },
  [ScalarType.DOUBLE]: { type: 'number' },
  [ScalarType.INT32]: { type: 'integer', minimum: -(2 ** 31), maximum: 2 ** 31 - 1 },
  [ScalarType.UINT32]: { type: 'integer', minimum: 0, maximum: 2 ** 32 - 1 },
  // Of 64 bits no more are used than a JSON number has in any program.
  [ScalarType.INT64]: { type: 'integer', minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER },
  [ScalarType.UINT64]: { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER },
};

function scalarSchema(type: ScalarType): JsonObject {
  const schema: JsonValue | undefined = SCALARS[type];
  if (schema === undefined) throw new Error(`a scalar of type ${ScalarType[type]} has no JSON form here`);
  return schema;
}

import { type DescField, type DescMessage, ScalarType } from '@bufbuild/protobuf';
import fc, { type Arbitrary } from 'fast-check';

/** JSON as a caller may send it of a message: any of its fields, each with any value that it takes. */
export function jsonOfMessage(type: DescMessage, depth = 4): Arbitrary<Record<string, unknown>> {
  const fields = type.fields.filter((field) => depth > 0 || field.message === undefined);
  return fc
    .record(Object.fromEntries(fields.map((field) => [field.name, jsonOfField(field, depth)])), { requiredKeys: [] })
    .map((json) => withoutRivals(type, { ...json }));
}

/** Of the members of a oneof the first that is given. */
function withoutRivals(type: DescMessage, json: Record<string, unknown>): Record<string, unknown> {
  for (const { fields } of type.oneofs) {
    for (const { name } of fields.filter((field) => field.name in json).slice(1)) delete json[name];
  }
  return json;
}

function jsonOfField(field: DescField, depth: number): Arbitrary<unknown> {
  const one = jsonOfValue(field, depth);
  return field.fieldKind === 'list' ? fc.array(one, { maxLength: 3 }) : one;
}

const text = fc.string({ unit: 'grapheme' });
const json = fc.jsonValue({ maxDepth: 3 }).map((value) => JSON.parse(JSON.stringify(value)) as unknown);
const instant = fc.date({
  min: new Date('0001-01-01T00:00:00Z'),
  max: new Date('9999-12-31T23:59:59Z'),
  noInvalidDate: true,
});

const WELL_KNOWN: Readonly<Record<string, Arbitrary<unknown>>> = {
  'google.protobuf.Value': json,
  'google.protobuf.Struct': fc.dictionary(text, json).map((object) => ({ ...object })),
  'google.protobuf.Timestamp': instant.map((date) => date.toISOString()),
  'google.protobuf.Duration': fc.integer({ min: -1e6, max: 1e6 }).map((ms) => `${ms / 1000}s`),
  'google.protobuf.FieldMask': fc.subarray(['active', 'isEnabledGlobally', 'startsAt']).map((paths) => paths.join(',')),
};

function jsonOfValue({ enum: words, scalar, message }: DescField, depth: number): Arbitrary<unknown> {
  if (words !== undefined) return fc.constantFrom(...words.values.map(({ name }) => name));
  if (message !== undefined) return WELL_KNOWN[message.typeName] ?? jsonOfMessage(message, depth - 1);
  switch (scalar) {
    case ScalarType.BOOL:
      return fc.boolean();
    case ScalarType.STRING:
      return text;
    case ScalarType.DOUBLE:
      return fc.double().map((number) => (Number.isFinite(number) ? number + 0 : String(number)));
    case ScalarType.INT64:
    case ScalarType.UINT64:
      return fc.maxSafeNat().map(String);
    default:
      return fc.nat();
  }
}

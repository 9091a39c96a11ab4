import { type DescField, type DescMessage, ScalarType } from '@bufbuild/protobuf';
import type { JsonObject, JsonValue } from '../../core/values/json.js';
import { type Message, messageOf } from './message.js';

/**
 * Writes a message as JSON by the protobuf JSON mapping, with the protocol's own names, and integers of 64 bits as numbers, as
 * all others: the generated code holds none that a number does not. Fields without presence are always
 * written, even if they are empty; absent fields are left out. JSON in fields is written as it is, with a member named
 * `__proto__`, too.
 */
export function writeJson(type: DescMessage, message: Message): JsonObject {
  const json: Record<string, JsonValue> = {};
  for (const field of type.fields) {
    const value = held(field, message);
    if (value === undefined) continue;
    json[field.name] =
      field.fieldKind === 'list'
        ? (value as readonly unknown[]).map((item) => single(field, item))
        : single(field, value);
  }
  return json;
}

function held({ oneof, localName }: DescField, message: Message): unknown {
  if (oneof === undefined) return message[localName];
  const chosen = message[oneof.localName] as { readonly $case: string; readonly value: unknown } | undefined;
  return chosen?.$case === localName ? chosen.value : undefined;
}

function single(field: DescField, value: unknown): JsonValue {
  if (field.enum !== undefined) return field.enum.value[value as number]?.name ?? (value as number);
  if (field.scalar !== undefined) return scalar(field.scalar, value);
  const message = messageOf(field);
  const wellKnown = WELL_KNOWN[message.typeName];
  return wellKnown === undefined ? writeJson(message, value as Message) : wellKnown(value);
}

const WELL_KNOWN: Readonly<Record<string, (value: unknown) => JsonValue>> = {
  'google.protobuf.Value': (value) => value as JsonValue,
  'google.protobuf.Struct': (value) => value as JsonValue,
  'google.protobuf.Timestamp': (value) => (value as Date).toISOString().replace('.000Z', 'Z'),
  'google.protobuf.Duration': (value) => durationJson(value as { readonly seconds: number; readonly nanos: number }),
  'google.protobuf.FieldMask': (value) => (value as readonly string[]).map(camelCase).join(','),
};

function scalar(type: ScalarType, value: unknown): JsonValue {
  if (type === ScalarType.DOUBLE && !Number.isFinite(value)) return String(value);
  return value as JsonValue;
}

/** A duration as JSON, with no, three, six or nine digits after the point. */
function durationJson({ seconds, nanos }: { readonly seconds: number; readonly nanos: number }): string {
  const sign = seconds < 0 || nanos < 0 ? '-' : '';
  const digits = String(Math.abs(nanos))
    .padStart(9, '0')
    .replace(/(?:000){1,3}$/, '');
  return `${sign}${Math.abs(seconds)}${digits === '' ? '' : `.${digits}`}s`;
}

function camelCase(path: string): string {
  return path.replaceAll(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

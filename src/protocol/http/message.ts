import { type DescField, type DescMessage, ScalarType } from '@bufbuild/protobuf';

/** A message in the shape of the generated code, with the names that the code gives fields. */
export type Message = Record<string, unknown>;

/** An empty message, as the generated code makes one. */
export function emptyMessage(type: DescMessage): Message {
  const message: Message = {};
  for (const field of type.fields) {
    if (field.oneof === undefined) message[field.localName] = emptyValue(field);
    else message[field.oneof.localName] = undefined;
  }
  return message;
}

/** The value of a field that was not given: undefined where the field has presence. */
function emptyValue(field: DescField): unknown {
  if (field.fieldKind === 'list') return [];
  if (!isImplicit(field)) return undefined;
  if (field.enum !== undefined) return 0;
  if (field.scalar === ScalarType.STRING) return '';
  return field.scalar === ScalarType.BOOL ? false : 0;
}

/** Whether a field always has a value: it is no message, is not `optional`, and is in no oneof. */
export function isImplicit(field: DescField): boolean {
  return field.message === undefined && field.oneof === undefined && !field.proto.proto3Optional;
}

/** The message of a field that is neither a scalar nor an enum. Throws for a map: the protocol has none. */
export function messageOf(field: DescField): DescMessage {
  if (field.message === undefined || field.fieldKind === 'map') throw new Error(`${field.name} has no JSON form here`);
  return field.message;
}

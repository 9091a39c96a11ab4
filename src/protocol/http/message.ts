import { type DescField, type DescMessage, ScalarType } from '@bufbuild/protobuf';

/** A message in the shape of the generated code, by the names that the code gives its fields. */
export type Message = Record<string, unknown>;

/** A message with nothing in it, as the generated code makes one. */
export function emptyMessage(type: DescMessage): Message {
  const message: Message = {};
  for (const field of type.fields) {
    if (field.oneof === undefined) message[field.localName] = emptyValue(field);
    else message[field.oneof.localName] = undefined;
  }
  return message;
}

/** What a field holds that was not given: nothing where that can be told from anything. */
export function emptyValue(field: DescField): unknown {
  if (field.fieldKind === 'list') return [];
  if (!isImplicit(field)) return undefined;
  if (field.enum !== undefined) return 0;
  if (field.scalar === ScalarType.STRING) return '';
  return field.scalar === ScalarType.BOOL ? false : 0;
}

/** Whether a field always has a value: it is no message, not `optional`, and of no oneof. */
export function isImplicit(field: DescField): boolean {
  return field.message === undefined && field.oneof === undefined && !field.proto.proto3Optional;
}

/** What a field holds that is neither a scalar nor an enum. Maps have no form here: the protocol has none. */
export function messageOf(field: DescField): DescMessage {
  if (field.message === undefined || field.fieldKind === 'map') throw new Error(`${field.name} has no JSON form here`);
  return field.message;
}

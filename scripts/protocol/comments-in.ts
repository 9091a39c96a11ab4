import { fromBinary } from '@bufbuild/protobuf';
import {
  type DescriptorProto,
  type EnumDescriptorProto,
  type FileDescriptorProto,
  FileDescriptorSetSchema,
} from '@bufbuild/protobuf/wkt';

/** Numbers of the fields of a FileDescriptorProto, and of what it holds, that a comment's place is made of. */
const FILE = { message: 4, enum: 5, service: 6 };
const MESSAGE = { field: 2, nested: 3, enum: 4, oneof: 8 };
const MEMBER = 2;

/** The comments before everything that our own packages declare, by full name. */
export function commentsIn(descriptorSet: Uint8Array): Record<string, string> {
  const files = fromBinary(FileDescriptorSetSchema, descriptorSet).file.filter((file) =>
    file.package.startsWith('latchkey.'),
  );
  return Object.assign({}, ...files.map((file) => new FileComments(file).read())) as Record<string, string>;
}

class FileComments {
  readonly #file: FileDescriptorProto;
  readonly #byPlace: ReadonlyMap<string, string>;
  readonly #found: Record<string, string> = {};

  constructor(file: FileDescriptorProto) {
    this.#file = file;
    const locations = file.sourceCodeInfo?.location ?? [];
    this.#byPlace = new Map(locations.map(({ path, leadingComments }) => [path.join('.'), leadingComments]));
  }

  read(): Record<string, string> {
    const { messageType, enumType, service, package: scope } = this.#file;
    for (const [i, message] of messageType.entries()) this.#message(message, scope, [FILE.message, i]);
    for (const [i, type] of enumType.entries()) this.#enum(type, scope, [FILE.enum, i]);
    for (const [i, { name, method }] of service.entries()) {
      const full = this.#note(scope, name, [FILE.service, i]);
      for (const [j, rpc] of method.entries()) this.#note(full, rpc.name, [FILE.service, i, MEMBER, j]);
    }
    return this.#found;
  }

  #message({ name, field, nestedType, enumType }: DescriptorProto, scope: string, place: readonly number[]): void {
    const full = this.#note(scope, name, place);
    for (const [i, each] of field.entries()) this.#note(full, each.name, [...place, MESSAGE.field, i]);
    for (const [i, each] of nestedType.entries()) this.#message(each, full, [...place, MESSAGE.nested, i]);
    for (const [i, each] of enumType.entries()) this.#enum(each, full, [...place, MESSAGE.enum, i]);
  }

  /** Values stand in the scope of their enum. */
  #enum({ name, value }: EnumDescriptorProto, scope: string, place: readonly number[]): void {
    this.#note(scope, name, place);
    for (const [i, each] of value.entries()) this.#note(scope, each.name, [...place, MEMBER, i]);
  }

  #note(scope: string, name: string, place: readonly number[]): string {
    const full = `${scope}.${name}`;
    const comment = this.#byPlace.get(place.join('.')) ?? '';
    const paragraphs = comment.split(/\n\s*\n/).map((paragraph) => paragraph.trim().replaceAll(/\s*\n\s*/g, ' '));
    const text = paragraphs.filter((paragraph) => paragraph !== '').join('\n\n');
    if (text !== '') this.#found[full] = text;
    return full;
  }
}

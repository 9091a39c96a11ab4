import { type DescFile, type FileRegistry, toBinary } from '@bufbuild/protobuf';
import { type DescriptorProto, FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';

/** The file that declares a message, enum, extension or service, or a field, value or method of one; undefined if none does. */
export function fileOfSymbol(registry: FileRegistry, symbol: string): DescFile | undefined {
  const names = symbol.split('.');
  for (let length = names.length; length > 0; length--) {
    const type = registry.get(names.slice(0, length).join('.'));
    if (type === undefined) continue;
    const inner = names.slice(length);
    if (inner.length === 0) return type.file;
    if (type.kind === 'message') return declares(type.proto, inner) ? type.file : undefined;
    const isMethod =
      type.kind === 'service' && inner.length === 1 && type.methods.some(({ name }) => name === inner[0]);
    return isMethod ? type.file : undefined;
  }
  return fileOfValue(registry, names.slice(0, -1).join('.'), names.at(-1));
}

/** Whether a message declares something that is no type of its own: a field, a value of an enum in it, the entry of a map. */
function declares(message: DescriptorProto, [name, ...inner]: readonly string[]): boolean {
  if (inner.length > 0) {
    const nested = message.nestedType.find((type) => type.name === name);
    return nested !== undefined && declares(nested, inner);
  }
  const { field, oneofDecl, nestedType, enumType } = message;
  const values = enumType.flatMap(({ value }) => value);
  return [...field, ...oneofDecl, ...nestedType, ...values].some((declared) => declared.name === name);
}

/** The file of an enum's value. Its full name has the enum's package, and not the enum. */
function fileOfValue(registry: FileRegistry, packageName: string, name: string | undefined): DescFile | undefined {
  for (const file of registry.files) {
    if (file.proto.package !== packageName) continue;
    if (file.enums.some(({ values }) => values.some((value) => value.name === name))) return file;
  }
  return undefined;
}

/** The file and all that it imports, each once, encoded. */
export function withImports(file: DescFile): readonly Uint8Array[] {
  const wanted = new Set([file]);
  // Walking a set includes what is added to it meanwhile.
  for (const { dependencies } of wanted) for (const imported of dependencies) wanted.add(imported);
  return [...wanted].map(({ proto }) => toBinary(FileDescriptorProtoSchema, proto));
}

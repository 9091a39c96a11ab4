import { fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  type DescriptorProto,
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
} from '@bufbuild/protobuf/wkt';

/** Proto files by name and by what they declare, as their compiled descriptors. */
export class DescriptorIndex {
  /** Full names of all services, sorted. */
  readonly services: readonly string[];
  readonly #files = new Map<string, FileDescriptorProto>();
  readonly #fileOfSymbol = new Map<string, FileDescriptorProto>();

  /** Takes an encoded google.protobuf.FileDescriptorSet, such as `buf build --as-file-descriptor-set` gives. */
  constructor(descriptorSet: Uint8Array) {
    const services: string[] = [];
    for (const file of fromBinary(FileDescriptorSetSchema, descriptorSet).file) {
      this.#files.set(file.name, file);
      for (const symbol of symbolsOf(file)) this.#fileOfSymbol.set(symbol, file);
      services.push(...file.service.map((service) => join(file.package, service.name)));
    }
    this.services = services.toSorted((a, b) => (a < b ? -1 : 1));
  }

  has(symbol: string): boolean {
    return this.#fileOfSymbol.has(symbol);
  }

  /** The file of that name and all that it imports, encoded; undefined when there is none. */
  byName(name: string): readonly Uint8Array[] | undefined {
    return this.#withImports(this.#files.get(name));
  }

  /** The file that declares a package's message, field, enum, service or method, and all that it imports; likewise. */
  bySymbol(symbol: string): readonly Uint8Array[] | undefined {
    return this.#withImports(this.#fileOfSymbol.get(symbol));
  }

  #withImports(file: FileDescriptorProto | undefined): readonly Uint8Array[] | undefined {
    if (file === undefined) return undefined;
    const wanted = new Set([file]);
    // A set is walked in the order of insertion, what is added meanwhile included.
    for (const { dependency } of wanted) {
      for (const name of dependency) {
        const imported = this.#files.get(name);
        if (imported !== undefined) wanted.add(imported);
      }
    }
    return [...wanted].map((each) => toBinary(FileDescriptorProtoSchema, each));
  }
}

function* symbolsOf(file: FileDescriptorProto): Generator<string> {
  for (const message of file.messageType) yield* symbolsOfMessage(message, file.package);
  for (const { name, value } of file.enumType) {
    yield join(file.package, name);
    for (const each of value) yield join(file.package, each.name);
  }
  for (const { name, method } of file.service) {
    const service = join(file.package, name);
    yield service;
    for (const each of method) yield join(service, each.name);
  }
}

function* symbolsOfMessage(message: DescriptorProto, scope: string): Generator<string> {
  const full = join(scope, message.name);
  yield full;
  for (const field of message.field) yield join(full, field.name);
  for (const oneof of message.oneofDecl) yield join(full, oneof.name);
  for (const nested of message.nestedType) yield* symbolsOfMessage(nested, full);
  for (const { name, value } of message.enumType) {
    yield join(full, name);
    for (const each of value) yield join(full, each.name);
  }
}

function join(scope: string, name: string): string {
  return scope === '' ? name : `${scope}.${name}`;
}

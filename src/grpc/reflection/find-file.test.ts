import { fromBinary } from '@bufbuild/protobuf';
import {
  type DescriptorProto,
  type EnumDescriptorProto,
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
} from '@bufbuild/protobuf/wkt';
import { describe, expect, it } from '@jest/globals';
import { DESCRIPTOR_SET_BASE64 } from '../../protocol/gen/descriptor-set.js';
import { REGISTRY } from '../../protocol/http/registry.js';
import { fileOfSymbol, withImports } from './find-file.js';

const FILES = fromBinary(FileDescriptorSetSchema, Buffer.from(DESCRIPTOR_SET_BASE64, 'base64')).file;

/** Every full name that a file declares, read from what the compiler gave. */
function symbolsOf({ package: scope, messageType, enumType, service, extension }: FileDescriptorProto): string[] {
  return [
    ...messageType.flatMap((message) => symbolsOfMessage(message, scope)),
    ...enumType.flatMap((type) => symbolsOfEnum(type, scope)),
    ...extension.map(({ name }) => `${scope}.${name}`),
    ...service.flatMap(({ name, method }) => [
      `${scope}.${name}`,
      ...method.map((one) => `${scope}.${name}.${one.name}`),
    ]),
  ];
}

function symbolsOfMessage(message: DescriptorProto, scope: string): string[] {
  const full = `${scope}.${message.name}`;
  return [
    full,
    ...[...message.field, ...message.oneofDecl, ...message.extension].map(({ name }) => `${full}.${name}`),
    ...message.nestedType.flatMap((nested) => symbolsOfMessage(nested, full)),
    ...message.enumType.flatMap((type) => symbolsOfEnum(type, full)),
  ];
}

function symbolsOfEnum({ name, value }: EnumDescriptorProto, scope: string): string[] {
  return [`${scope}.${name}`, ...value.map((one) => `${scope}.${one.name}`)];
}

const namesOf = (files: readonly Uint8Array[]): string[] =>
  files.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes).name);

describe('the file that declares a symbol', () => {
  it('is found for every message, field, oneof, enum, value, extension, service and method of the protocol', () => {
    const declared = FILES.flatMap((file) => symbolsOf(file).map((symbol) => [symbol, file.name] as const));
    expect(declared.length).toBeGreaterThan(1_000);
    const found = declared.map(([symbol]) => [symbol, fileOfSymbol(REGISTRY, symbol)?.proto.name]);
    expect(found).toEqual(declared);
  });

  it.each([
    ...['', '.', 'latchkey', 'latchkey.v1', 'latchkey.v1.', '.latchkey.v1.Rule', 'latchkey.v1.Nothing', '__proto__'],
    ...[
      'latchkey.v1.Rule.nothing',
      'latchkey.v1.Rule.constructor',
      'latchkey.v1.Rule.name.x',
      'latchkey.v1.Rule.Policy.LATCHING',
    ],
    ...[
      'latchkey.v1.AdminService.Nothing',
      'latchkey.v1.AdminService.SetFlag.x',
      'google.rpc.ErrorInfo.MetadataEntry.x',
    ],
  ])('is none for %j', (symbol) => {
    expect(fileOfSymbol(REGISTRY, symbol)).toBeUndefined();
  });
});

describe('a file with what it imports', () => {
  it('comes first, and has each import once, those of imports too, as they were compiled', () => {
    for (const file of FILES) {
      const answer = withImports(REGISTRY.getFile(file.name)!);
      const names = namesOf(answer);
      expect(names[0]).toBe(file.name);
      expect(new Set(names).size).toBe(names.length);
      const imports = FILES.filter(({ name }) => names.includes(name)).flatMap(({ dependency }) => dependency);
      expect(new Set([file.name, ...imports])).toEqual(new Set(names));
      expect(answer.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes))).toEqual(
        names.map((wanted) => FILES.find(({ name }) => name === wanted)),
      );
    }
  });
});

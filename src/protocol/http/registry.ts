import { createFileRegistry, type FileRegistry, fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { DESCRIPTOR_SET_BASE64 } from '../gen/descriptor-set.js';

/** The messages, services and options of the protocol, from the descriptors that `proto/` was compiled to. */
export const REGISTRY: FileRegistry = readRegistry(Buffer.from(DESCRIPTOR_SET_BASE64, 'base64'));

/** Reads an encoded google.protobuf.FileDescriptorSet. */
export function readRegistry(descriptorSet: Uint8Array): FileRegistry {
  return createFileRegistry(fromBinary(FileDescriptorSetSchema, descriptorSet));
}

import { type DescMessage, fromBinary, fromJson, toBinary, toJson } from '@bufbuild/protobuf';
import { BinaryReader } from '@bufbuild/protobuf/wire';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { AdminServiceDefinition } from '../gen/latchkey/v1/admin_service.js';
import { FeatureServiceDefinition } from '../gen/latchkey/v1/feature_service.js';
import type { MethodDescription } from '../rpcs/method.js';
import { jsonOfMessage } from '../testing/json-of-message.js';
import { JsonReader } from './json-reader.js';
import { emptyMessage, type Message } from './message.js';
import { REGISTRY } from './registry.js';
import { writeJson } from './write-json.js';

/** Every request and response with the generated code that the handlers read and make them by. */
const MESSAGES = [FeatureServiceDefinition, AdminServiceDefinition].flatMap(({ fullName, methods }) =>
  Object.values<MethodDescription>(methods).flatMap(({ name, requestType, responseType }) => {
    const { input, output } = REGISTRY.getService(fullName)!.methods.find((rpc) => rpc.name === name)!;
    return [[input.typeName, input, requestType] as const, [output.typeName, output, responseType] as const];
  }),
);

const official = { registry: REGISTRY };

function read(type: DescMessage, json: unknown) {
  const reader = new JsonReader();
  const message = reader.message(type, json as never, '');
  return { message, faults: reader.faults.errors };
}

const faultsOf = (name: string, json: unknown) => read(REGISTRY.getMessage(`latchkey.v1.${name}`)!, json).faults;

describe('JSON of a message', () => {
  it.each(MESSAGES)('%s is read and written as the official runtime does', (_name, type, codec) => {
    fc.assert(
      fc.property(jsonOfMessage(type), (json) => {
        const bytes = toBinary(type, fromJson(type, json as never, official));
        const { message, faults } = read(type, json);
        expect(faults).toEqual([]);
        // What the handlers get is what they would get over gRPC.
        expect(message).toEqual(codec.decode(new BinaryReader(bytes)));
        const options = { ...official, useProtoFieldName: true, alwaysEmitImplicit: true };
        const written = toJson(type, fromBinary(type, bytes), options);
        const ours = JSON.parse(JSON.stringify(writeJson(type, message))) as never;
        expect(toBinary(type, fromJson(type, ours, official))).toEqual(bytes);
        // The official runtime writes integers of 64 bits as texts, and reads either.
        expect(withNumbers(ours)).toEqual(withNumbers(written));
      }),
      { numRuns: 20 },
    );
  });

  it.each(MESSAGES)('%s is empty as the generated code has it', (_name, type, codec) => {
    expect(emptyMessage(type)).toEqual(codec.decode(new BinaryReader(new Uint8Array())));
    expect(Object.keys(emptyMessage(type))).toEqual(
      Object.keys(codec.decode(new BinaryReader(new Uint8Array())) as Message),
    );
  });

  it('has numbers for integers of whatever size, and takes them as numbers and as texts', () => {
    const type = REGISTRY.getMessage('latchkey.v1.Backfill')!;
    const { message } = read(type, { done: '9007199254740991' });
    expect(writeJson(type, message)).toMatchObject({ done: Number.MAX_SAFE_INTEGER, failed: 0 });
    expect(read(type, { done: Number.MAX_SAFE_INTEGER })).toEqual({ message, faults: [] });
  });

  it('is taken in lowerCamelCase too, field masks in both spellings', () => {
    const type = REGISTRY.getMessage('latchkey.v1.SetFlagRequest')!;
    const snake = { flag: { is_enabled_globally: true }, update_mask: 'is_enabled_globally' };
    const camel = { flag: { isEnabledGlobally: true }, updateMask: 'isEnabledGlobally' };
    expect(read(type, snake)).toEqual(read(type, camel));
    expect(read(type, camel)).toMatchObject({ message: { updateMask: ['is_enabled_globally'] }, faults: [] });
  });

  it.each([
    ['an unknown member', 'FeatureFlag', { kee: 1 }, '', 'has no member "kee"; it takes key, name'],
    ['one named __proto__', 'FeatureFlag', JSON.parse('{"__proto__": {}}'), '', 'has no member "__proto__"'],
    ['one that every object has', 'FeatureFlag', { constructor: {} }, '', 'has no member "constructor"'],
    [
      'a member in both spellings',
      'FeatureFlag',
      { off_variant: 'a', offVariant: 'b' },
      '/offVariant',
      'a second time',
    ],
    ['a wrong type', 'FeatureFlag', { active: 'yes' }, '/active', 'is a boolean, not "yes"'],
    ['a word that is none', 'Rule', { policy: 'STICKY' }, '/policy', 'one of "LIVE", "LATCHING", not "STICKY"'],
    ['a number that is no word', 'Rule', { policy: 9 }, '/policy', 'one of "LIVE", "LATCHING", not 9'],
    ['what is no list', 'FeatureFlag', { tags: 'a' }, '/tags', 'is a list, not "a"'],
    ['null within a list', 'FeatureFlag', { rules: [null] }, '/rules/0', 'is a JSON object, not null'],
    ['a fault far down', 'FeatureFlag', { rules: [{}, { rollout: -1 }] }, '/rules/1/rollout', 'from 0 to 4294967295'],
    ['half a number', 'Rule', { rollout: 0.5 }, '/rollout', 'is a whole number'],
    ['a number beyond any', 'Rule', JSON.parse('{"conditions": {"a/b": [1e999]}}'), '/conditions/a~1b/0', 'beyond any'],
    ['half a character', 'FeatureFlag', { name: '\ud800' }, '/name', 'not well-formed Unicode'],
    ['half a character in a name', 'Rule', { conditions: { '\ud800': 1 } }, '/conditions', 'not well-formed Unicode'],
    ['conditions that are none', 'Rule', { conditions: [] }, '/conditions', 'is a JSON object, not []'],
    ['an instant that is none', 'FeatureFlag', { starts_at: '2026-02-30T00:00:00Z' }, '/starts_at', 'RFC 3339'],
    ['an instant of no year', 'FeatureFlag', { starts_at: '0001-01-01T00:00:00+01:00' }, '/starts_at', 'RFC 3339'],
    ['a duration that is none', 'RotateWebhookSecretRequest', { overlap: '1h' }, '/overlap', 'a duration in seconds'],
    ['what is deeper than is kept', 'Variant', { value: deep(65) }, '/value', 'nested deeper than 64'],
    ['a list in place of the message', 'FeatureFlag', [], '', 'is a JSON object, not []'],
  ])('refuses %s', (_what, name, json, pointer, message) => {
    expect(faultsOf(name, json)).toEqual([{ pointer, message: expect.stringContaining(message) }]);
  });

  it('keeps null for a value, and takes it for nothing anywhere else', () => {
    const type = REGISTRY.getMessage('latchkey.v1.FeatureFlag')!;
    const { message, faults } = read(type, { variants: [{ key: 'on', value: null }], active: null, rules: null });
    expect(faults).toEqual([]);
    expect(message).toMatchObject({ variants: [{ key: 'on', value: null }], active: undefined, rules: [] });
  });

  it('tells of many faults, and not of endlessly many', () => {
    const json = { rules: Array.from({ length: 100 }, () => ({ policy: 'STICKY' })) };
    expect(faultsOf('FeatureFlag', json)).toHaveLength(50);
  });

  it('writes what a program stored under the name __proto__ as the member that it is', () => {
    const type = REGISTRY.getMessage('latchkey.v1.Rule')!;
    const message = { ...emptyMessage(type), conditions: JSON.parse('{"__proto__": 1}') as unknown };
    expect(JSON.stringify(writeJson(type, message))).toContain('"conditions":{"__proto__":1}');
  });
});

/** The JSON with each text that is a whole number as that number. */
function withNumbers(json: unknown): unknown {
  return JSON.parse(JSON.stringify(json), (_name, value: unknown) =>
    typeof value === 'string' && /^-?(?:0|[1-9]\d*)$/.test(value) ? Number(value) : value,
  );
}

function deep(levels: number): unknown {
  return JSON.parse('['.repeat(levels) + ']'.repeat(levels));
}

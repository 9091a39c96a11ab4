import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { EvaluateResponse, Reason } from '../../../test/gen/latchkey/v1/evaluation.js';
import { connect, startTestServer, type TestServer } from '../testing/test-server.js';
import { type ReflectionRequest, type ReflectionResponse, reflectionService } from './reflection-schema.js';

const BUF = fileURLToPath(new URL('../../../node_modules/.bin/buf', import.meta.url));

/** google.api.http */
const HTTP_ANNOTATION = 72_295_728;

let started: TestServer;

beforeAll(async () => {
  started = await startTestServer({
    handle: ({ flagKey, context }) =>
      EvaluateResponse.fromPartial({
        flagKey,
        enabled: true,
        reason: Reason.REASON_RULE,
        value: context?.attributes,
        validUntil: context?.joinedAt,
      }),
  });
});

afterAll(async () => {
  await started.server.drain(100);
});

async function bufCurl(path: string, ...options: string[]): Promise<string> {
  const url = `http://${started.address}${path}`;
  const { stdout } = await promisify(execFile)(BUF, ['curl', '--http2-prior-knowledge', ...options, url]);
  return stdout;
}

async function reflect(version: 'v1' | 'v1alpha', request: ReflectionRequest): Promise<ReflectionResponse> {
  const { path, requestSerialize, responseDeserialize } = reflectionService(version).ServerReflectionInfo!;
  const client = connect(started.address);
  const stream = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize);
  try {
    return await new Promise((resolve, reject) => {
      stream.on('data', (answer: ReflectionResponse) => resolve(answer));
      stream.on('error', reject);
      stream.write(request);
      stream.end();
    });
  } finally {
    client.close();
  }
}

describe('reflection', () => {
  it('lets buf curl list what is served', async () => {
    const listed = await bufCurl('', '--protocol', 'grpc', '--list-services');
    expect(listed.trim().split('\n')).toEqual(['grpc.health.v1.Health', 'latchkey.v1.FeatureService']);
  });

  it('lets buf curl call a method that it knows nothing of', async () => {
    const answer = await bufCurl(
      '/latchkey.v1.FeatureService/Evaluate',
      '--protocol',
      'grpc',
      '--header',
      'authorization: Bearer good',
      '--data',
      '{"flag_key": "reports", "context": {"joined_at": "1969-12-31T23:59:59.500Z", "attributes": {"__proto__": [1, null]}}}',
    );
    expect(answer).toContain('"__proto__"');
    expect(JSON.parse(answer.replace('"__proto__"', '"proto"'))).toEqual({
      flagKey: 'reports',
      enabled: true,
      reason: 'REASON_RULE',
      value: { proto: [1, null] },
      validUntil: '1969-12-31T23:59:59.500Z',
    });
  });

  it('lets buf curl ask for health', async () => {
    const answer = await bufCurl('/grpc.health.v1.Health/Check', '--protocol', 'grpc', '--data', '{}');
    expect(JSON.parse(answer)).toEqual({ status: 'SERVING' });
  });

  it.each(['v1', 'v1alpha'] as const)(
    '%s gives a file with what it imports, by symbol and by name',
    async (version) => {
      for (const request of [
        { fileContainingSymbol: 'latchkey.v1.Rule.LATCHING' },
        { fileContainingSymbol: 'latchkey.v1.Rule.Policy.LATCHING' },
        { fileByFilename: 'latchkey/v1/flag.proto' },
      ]) {
        const answer = await reflect(version, request);
        const known = request.fileContainingSymbol !== 'latchkey.v1.Rule.Policy.LATCHING';
        if (known) expect(answer.fileDescriptorResponse?.fileDescriptorProto).toHaveLength(7);
        else expect(answer.errorResponse?.errorCode).toBe(5);
      }
    },
  );

  it('answers NOT_FOUND for what is not there, and goes on', async () => {
    for (const request of [
      { fileContainingSymbol: 'latchkey.v1.Nothing' },
      { fileByFilename: '__proto__' },
      { allExtensionNumbersOfType: 'latchkey.v1.Nothing' },
      { fileContainingExtension: { containingType: 'latchkey.v1.Rule', extensionNumber: 1 } },
    ]) {
      expect(await reflect('v1', request)).toMatchObject({ errorResponse: { errorCode: 5 } });
    }
    expect(await reflect('v1', { allExtensionNumbersOfType: 'latchkey.v1.Rule' })).toMatchObject({
      allExtensionNumbersResponse: { baseTypeName: 'latchkey.v1.Rule' },
    });
    expect(await reflect('v1', { allExtensionNumbersOfType: 'latchkey.v1.Rule.Policy' })).toMatchObject({
      errorResponse: { errorCode: 5 },
    });
    expect(await reflect('v1', {})).toMatchObject({ errorResponse: { errorCode: 3 } });
  });

  it('knows the annotations that say how a method is served over HTTP', async () => {
    const containingType = 'google.protobuf.MethodOptions';
    expect(await reflect('v1', { allExtensionNumbersOfType: containingType })).toMatchObject({
      allExtensionNumbersResponse: { baseTypeName: containingType, extensionNumber: [HTTP_ANNOTATION] },
    });
    const answer = await reflect('v1', {
      fileContainingExtension: { containingType, extensionNumber: HTTP_ANNOTATION },
    });
    const [file] = answer.fileDescriptorResponse?.fileDescriptorProto ?? [];
    expect(fromBinary(FileDescriptorProtoSchema, file!).name).toBe('google/api/annotations.proto');
  });
});

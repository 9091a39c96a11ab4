/**
 * The least that a grpc-js server can do for a call: decode the request with the generated codec, and answer as many bytes as
 * asked. `node … bench/calls/bare-grpc-server.ts METHOD BYTES`; prints its address.
 */
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { FeatureServiceService } from '../../test/gen/latchkey/v1/feature_service.js';

const [method, bytes] = process.argv.slice(2);
const answer = Buffer.alloc(Number(bytes), 1);
const { path, requestDeserialize } = FeatureServiceService[method === 'batchEvaluate' ? 'batchEvaluate' : 'evaluate'];
const server = new Server();
server.addService(
  {
    call: {
      ...{ path, requestStream: false, responseStream: false, requestDeserialize },
      requestSerialize: () => Buffer.alloc(0),
      responseSerialize: (encoded: Buffer) => encoded,
      responseDeserialize: (encoded: Buffer) => encoded,
    },
  },
  { call: (_call: unknown, callback: (error: null, encoded: Buffer) => void) => callback(null, answer) },
);
server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
  if (error !== null) throw error;
  console.log(`bare grpc=127.0.0.1:${port}`);
});

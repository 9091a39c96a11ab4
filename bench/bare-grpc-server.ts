/**
 * The least that a grpc-js server can do for an `Evaluate` call: decode the request with the generated codec, and answer
 * as many bytes as asked. `node … bench/bare-grpc-server.ts BYTES`; prints its address.
 */
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { EvaluateRequest } from '../test/gen/latchkey/v1/evaluation.js';

const answer = Buffer.alloc(Number(process.argv[2]), 1);
const server = new Server();
server.addService(
  {
    evaluate: {
      path: '/latchkey.v1.FeatureService/Evaluate',
      requestStream: false,
      responseStream: false,
      requestDeserialize: (bytes: Buffer) => EvaluateRequest.decode(bytes),
      requestSerialize: () => Buffer.alloc(0),
      responseSerialize: (bytes: Buffer) => bytes,
      responseDeserialize: (bytes: Buffer) => bytes,
    },
  },
  { evaluate: (_call: unknown, callback: (error: null, bytes: Buffer) => void) => callback(null, answer) },
);
server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
  if (error !== null) throw error;
  console.log(`bare grpc=127.0.0.1:${port}`);
});

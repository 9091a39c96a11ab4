/**
 * Everything that the product does around a call and nothing within it: its gRPC door, with authentication and metrics, before
 * a handler that gives as many bytes as asked. `node … bench/calls/empty-handler-server.ts BYTES SECRET…`; prints its address.
 */

import type { Machine } from '../../src/calls/caller.js';
import { GrpcServer } from '../../src/grpc/grpc-server.js';
import { ObservedCall } from '../../src/grpc/wire/observed-call.js';
import { callLog } from '../../src/observability/call-log.js';
import { createLogger } from '../../src/observability/logger.js';
import { Metrics } from '../../src/observability/metrics.js';
import { EvaluateRequest } from '../../src/protocol/gen/latchkey/v1/evaluation.js';
import { FeatureServiceDefinition } from '../../src/protocol/gen/latchkey/v1/feature_service.js';
import { EncodedMessage } from '../../src/protocol/rpcs/method.js';
import { Authentication } from '../../src/services/tokens/authentication.js';
import { hashSecret } from '../../src/services/tokens/tokens.js';
import type { MachineToken } from '../../src/store/token-store.js';

const [bytes, ...secrets] = process.argv.slice(2);
const tokens = secrets.map((secret, n): MachineToken => {
  const hash = hashSecret(secret);
  return { id: `tok_${n}`, name: '', hash, scopes: ['evaluate'], organizationId: '', createdAt: 0 };
});
const authentication = new Authentication({
  tokens: {
    version: () => Promise.resolve('1'),
    all: () => Promise.resolve(tokens),
    touch: () => Promise.resolve(),
  },
  clock: { now: Date.now },
  onError: (error) => console.error(error),
});
const observer = callLog('grpc', new Metrics(), createLogger('warn'));
const answer = new EncodedMessage(Buffer.alloc(Number(bytes), 1));
const { fullName, methods } = FeatureServiceDefinition;
const server = new GrpcServer();
server.serve(
  { fullName, methods: { evaluate: { ...methods.evaluate, requestType: EvaluateRequest } } },
  { evaluate: { handle: () => answer as never } },
  {
    authenticate: (call): Machine | Promise<Machine> =>
      authentication.bearer(call.metadata.get('authorization')[0], call),
    observer: { callEnded: (call) => observer(new ObservedCall(call, call.caller)) },
  },
);
console.log(`empty grpc=${await server.listen('127.0.0.1:0')}`);

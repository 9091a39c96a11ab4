import type { BinaryReader } from '@bufbuild/protobuf/wire';
import { type Client, type ServiceError, status } from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from '@jest/globals';
import { EvaluateResponse } from '../../../test/gen/latchkey/v1/evaluation.js';
import { FeatureServiceDefinition } from '../../../test/gen/latchkey/v1/feature_service.js';
import { until } from '../../../test/timing.js';
import { forbidden, invalid, limited, unauthenticated } from '../../calls/errors.js';
import { GrpcServer } from '../grpc-server.js';
import {
  connect,
  type EvaluateMethod,
  evaluate,
  evaluateRaw,
  startTestServer,
  type TestServer,
} from '../testing/test-server.js';
import type { Incoming } from './handler.js';

type Options = Parameters<typeof startTestServer>[1];

const closers: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function serve(method: EvaluateMethod, options?: Options): Promise<TestServer & { readonly client: Client }> {
  const started = await startTestServer(method, options);
  const client = connect(started.address);
  closers.push(async () => {
    client.close();
    await started.server.drain(100);
  });
  return { ...started, client };
}

const answer = (flagKey: string) => EvaluateResponse.fromPartial({ flagKey, enabled: true, value: { a: [1, null] } });
const echo: EvaluateMethod = { handle: ({ flagKey }) => answer(flagKey) };

async function failure(call: Promise<unknown>): Promise<ServiceError> {
  try {
    await call;
  } catch (error) {
    return error as ServiceError;
  }
  throw new Error('the call succeeded');
}

describe('a unary call', () => {
  it('is answered by a handler that answers at once, and by one that takes its time', async () => {
    const { client, ended } = await serve({
      handle: ({ flagKey }) => (flagKey === 'now' ? answer(flagKey) : Promise.resolve(answer(flagKey))),
    });
    expect(await evaluate(client, 'now')).toMatchObject({ flagKey: 'now', enabled: true, value: { a: [1, null] } });
    expect(await evaluate(client, 'later')).toMatchObject({ flagKey: 'later' });
    expect(ended.map(({ code, caller, path }) => ({ code, caller, path }))).toEqual(
      Array(2).fill({ code: status.OK, caller: 'good', path: '/latchkey.v1.FeatureService/Evaluate' }),
    );
  });

  it('waits for an authentication that takes its time', async () => {
    const { client } = await serve(
      { handle: (_request, { caller }) => answer(caller) },
      { door: { authenticate: () => Promise.resolve('slow') } },
    );
    expect(await evaluate(client, 'f')).toMatchObject({ flagKey: 'slow' });
  });

  it('without a valid token is refused before its message is looked at', async () => {
    const { client, ended } = await serve(echo);
    const error = await failure(evaluateRaw(client, Buffer.from([0xff, 0xff]), { token: 'bad' }));
    expect(error).toMatchObject({ code: status.UNAUTHENTICATED, details: 'the token is unknown' });
    expect(ended).toMatchObject([{ code: status.UNAUTHENTICATED, caller: undefined, unexpected: false }]);
  });

  it('is decoded only once it is known who calls', async () => {
    const { fullName, methods } = FeatureServiceDefinition;
    let decoded = 0;
    const requestType = {
      ...methods.evaluate.requestType,
      decode: (input: BinaryReader, length?: number) => {
        decoded++;
        return methods.evaluate.requestType.decode(input, length);
      },
    };
    const server = new GrpcServer();
    const authenticate = ({ metadata }: Incoming): string => {
      if (metadata.get('authorization')[0] === 'Bearer bad') throw unauthenticated('the token is unknown');
      return 'good';
    };
    server.serve(
      { fullName, methods: { evaluate: { ...methods.evaluate, requestType } } },
      { evaluate: echo },
      { authenticate, observer: { callEnded: () => undefined } },
    );
    const client = connect(await server.listen('127.0.0.1:0'));
    closers.push(async () => {
      client.close();
      await server.drain(100);
    });
    await failure(evaluate(client, 'x'.repeat(1_000_000), { token: 'bad' }));
    expect(decoded).toBe(0);
    await evaluate(client, 'f');
    expect(decoded).toBe(1);
  });

  it.each([
    ['a varint without end', [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]],
    ['a string that reaches past the end', [0x0a, 0x10, 0x61]],
    ['a message that reaches past the end', [0x12, 0x05, 0x0a, 0x01]],
    ['a wire type that does not exist', [0x0f]],
    ['a zero tag', [0x00, 0x0a, 0x01, 0x61]],
    ['invalid UTF-8 in a short string', [0x0a, 0x02, 0xc3, 0x28]],
    ['invalid UTF-8 in a long string', [0x0a, 0x28, ...Array<number>(39).fill(0x61), 0xff]],
    ['a value without a kind', [0x12, 0x09, 0x2a, 0x07, 0x0a, 0x05, 0x0a, 0x01, 0x61, 0x12, 0x00]],
    ['an impossible instant', [0x12, 0x0a, 0x22, 0x08, 0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]],
  ])('with %s is INVALID_ARGUMENT and never reaches the handler', async (_what, bytes) => {
    let reached = false;
    const { client, ended } = await serve({
      handle: ({ flagKey }) => {
        reached = true;
        return answer(flagKey);
      },
    });
    const error = await failure(evaluateRaw(client, Buffer.from(bytes)));
    expect(error.code).toBe(status.INVALID_ARGUMENT);
    expect(error.details).toMatch(/^the request is malformed: /);
    expect(reached).toBe(false);
    expect(ended).toMatchObject([{ code: status.INVALID_ARGUMENT, unexpected: false }]);
  });

  it('is answered with the status of what a step throws', async () => {
    const { client } = await serve({
      handle: ({ flagKey }) => {
        if (flagKey === 'forbidden') throw forbidden('the scope evaluate is missing');
        if (flagKey === 'many') throw limited('too many at once');
        throw invalid('flag_key "bad key" has a space; take it out');
      },
    });
    expect(await failure(evaluate(client, 'forbidden'))).toMatchObject({ code: status.PERMISSION_DENIED });
    expect(await failure(evaluate(client, 'bad key'))).toMatchObject({
      code: status.INVALID_ARGUMENT,
      details: 'flag_key "bad key" has a space; take it out',
    });
    expect(await failure(evaluate(client, 'many'))).toMatchObject({ code: status.RESOURCE_EXHAUSTED });
  });

  it('that meets a defect tells the request id alone, and the observer everything', async () => {
    const defect = new Error('the password is hunter2');
    const { client, ended } = await serve({
      handle: ({ flagKey }) => {
        if (flagKey === 'now') throw defect;
        return Promise.reject(defect);
      },
    });
    for (const flagKey of ['now', 'later']) {
      const error = await failure(evaluate(client, flagKey, { requestId: 'req-7' }));
      expect(error.code).toBe(status.INTERNAL);
      expect(error.details).toBe('internal error; the log has it under request id req-7');
      expect(error.metadata.get('x-request-id')).toEqual(['req-7']);
    }
    expect(ended).toMatchObject(Array(2).fill({ error: defect, unexpected: true, requestId: 'req-7' }));
  });

  it('whose answer cannot be encoded is a defect like any other', async () => {
    const { client, ended } = await serve({ handle: () => EvaluateResponse.fromPartial({ value: Number.NaN }) });
    expect(await failure(evaluate(client, 'f'))).toMatchObject({ code: status.INTERNAL });
    expect(ended).toMatchObject([{ unexpected: true, error: { message: 'NaN is not a JSON number' } }]);
  });

  it('gets an id of its own where the client gives none, or one that no log should hold', async () => {
    const { client, ended } = await serve(echo);
    await evaluate(client, 'f');
    await evaluate(client, 'f', { requestId: 'a b {"level":"error"}' });
    const ids = ended.map(({ requestId }) => requestId);
    expect(new Set(ids).size).toBe(2);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('that the client cancels aborts its signal and ends as CANCELLED, whatever the work then comes to', async () => {
    const { reached, aborted, method } = untilAborted();
    const { client, ended } = await serve(method);
    const error = await failure(evaluate(client, 'f', { started: (call) => void reached.then(() => call.cancel()) }));
    expect(error.code).toBe(status.CANCELLED);
    expect(await aborted).toMatch('cancelled');
    await until(() => ended.length === 1);
    expect(ended).toMatchObject([{ code: status.CANCELLED, unexpected: false }]);
  });

  it('whose deadline passes aborts its signal and ends as DEADLINE_EXCEEDED', async () => {
    const { aborted, method } = untilAborted();
    const { client, ended } = await serve(method);
    // A client that keeps the deadline itself cancels at it, which the server may hear of before its own clock is there.
    const error = await failure(evaluate(client, 'f', { toldTimeout: '100m' }));
    expect(error.code).toBe(status.DEADLINE_EXCEEDED);
    await aborted;
    await until(() => ended.length === 1);
    expect(ended).toMatchObject([{ code: status.DEADLINE_EXCEEDED, unexpected: false }]);
  });

  it('whose deadline passed while its caller was looked up is not worked on', async () => {
    let reached = false;
    const { client, ended } = await serve(
      {
        handle: ({ flagKey }) => {
          reached = true;
          return answer(flagKey);
        },
      },
      { door: { authenticate: () => new Promise((resolve) => setTimeout(() => resolve('late'), 200)) } },
    );
    expect(await failure(evaluate(client, 'f', { toldTimeout: '50m' }))).toMatchObject({
      code: status.DEADLINE_EXCEEDED,
    });
    await until(() => ended.length === 1);
    expect(ended).toMatchObject([{ code: status.DEADLINE_EXCEEDED }]);
    expect(reached).toBe(false);
  });

  it('that ended well does not abort the signal it was given', async () => {
    let signal: AbortSignal | undefined;
    const { client } = await serve({
      handle: ({ flagKey }, context) => {
        signal = context.signal;
        return answer(flagKey);
      },
    });
    await evaluate(client, 'f');
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(signal?.aborted).toBe(false);
  });

  it('larger than the limit is RESOURCE_EXHAUSTED', async () => {
    const { client } = await serve(echo, { server: { maxReceiveBytes: 1000 } });
    expect(await failure(evaluate(client, 'x'.repeat(2000)))).toMatchObject({ code: status.RESOURCE_EXHAUSTED });
    expect(await evaluate(client, 'x'.repeat(900))).toMatchObject({ enabled: true });
  });
});

/** A handler that works until its signal aborts, and then fails in its own way. */
function untilAborted(): {
  readonly reached: Promise<void>;
  readonly aborted: Promise<string>;
  readonly method: EvaluateMethod;
} {
  const { promise: reached, resolve: reach } = Promise.withResolvers<void>();
  const { promise: aborted, resolve } = Promise.withResolvers<string>();
  return {
    ...{ reached, aborted },
    method: {
      handle: (_request, { signal }) =>
        new Promise((_resolve, reject) => {
          reach();
          signal.addEventListener('abort', () => {
            resolve(String(signal.reason));
            reject(new Error('some driver says: interrupted'));
          });
        }),
    },
  };
}

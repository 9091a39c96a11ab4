import { logVerbosity, setLogVerbosity } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openGrpcDoor } from './grpc-door.js';
import type { GrpcDoor } from './open-door.js';
import { type DoorStand, openDoorStand } from './testing/door-stand.js';
import { connect, evaluate, evaluateRaw } from './testing/test-server.js';
import type { ObservedCall } from './wire/observed-call.js';

let stand: DoorStand;
let door: GrpcDoor;
const observed: ObservedCall[] = [];

beforeAll(async () => {
  stand = await openDoorStand();
  const { services } = stand.latchkey;
  const limits = { maxReceiveBytes: 1000 };
  door = await openGrpcDoor({ services, address: '127.0.0.1:0', limits, observer: (call) => observed.push(call) });
});

afterAll(async () => {
  await door.drain(100);
  await stand.close();
});

describe('the gRPC door', () => {
  it('tells of each call in words: who, what, and how it ended', async () => {
    const client = connect(door.address);
    const token = stand.latchkey.adminSecret;
    await evaluate(client, 'f', { token, requestId: 'req-1' });
    await expect(evaluate(client, 'f', { token: '', requestId: 'req-2' })).rejects.toThrow();
    await expect(evaluateRaw(client, Buffer.from([0xff]), { token })).rejects.toThrow('the request is malformed');
    await expect(evaluate(client, 'x'.repeat(2000), { token })).rejects.toThrow('RESOURCE_EXHAUSTED');
    client.close();
    expect(observed).toHaveLength(3);
    expect(observed[0]).toMatchObject({
      operation: '/latchkey.v1.FeatureService/Evaluate',
      code: 'OK',
      requestId: 'req-1',
      actor: expect.stringMatching(/^token:tok_/),
      error: undefined,
      unexpected: false,
      unauthenticated: false,
    });
    expect(observed[1]).toMatchObject({
      code: 'UNAUTHENTICATED',
      requestId: 'req-2',
      actor: '',
      unexpected: false,
      unauthenticated: true,
    });
    expect(observed[2]).toMatchObject({ code: 'INVALID_ARGUMENT', unauthenticated: false });
  });

  it('names the address that is taken, and leaves the other door alone', async () => {
    const { services } = stand.latchkey;
    setLogVerbosity(logVerbosity.NONE);
    const second = openGrpcDoor({ services, address: door.address, observer: () => undefined });
    await expect(second).rejects.toThrow(`cannot serve gRPC on ${door.address}`);
    setLogVerbosity(logVerbosity.ERROR);
    const client = connect(door.address);
    expect(await evaluate(client, 'f', { token: stand.latchkey.adminSecret })).toMatchObject({ flagKey: 'f' });
    client.close();
  });
});

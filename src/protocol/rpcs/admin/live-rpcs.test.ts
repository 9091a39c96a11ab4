import { type ClientReadableStream, credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { AdminServiceClient } from '../../../../test/gen/latchkey/v1/admin_service.js';
import { WatchAdminRequest, type WatchAdminResponse } from '../../../../test/gen/latchkey/v1/watch_admin.js';
import { until } from '../../../../test/timing.js';
import { type DoorStand, openDoorStand } from '../../../grpc/testing/door-stand.js';

let stand: DoorStand;
let client: AdminServiceClient;
const calls: ClientReadableStream<WatchAdminResponse>[] = [];
beforeAll(async () => {
  stand = await openDoorStand({ MAX_STREAMS: '3', MAX_STREAMS_PER_TOKEN: '2' });
  client = new AdminServiceClient(stand.latchkey.grpcAddress, credentials.createInsecure());
});
afterEach(async () => {
  for (const call of calls.splice(0)) call.cancel();
  await until(() => stand.latchkey.services.live.size === 0);
});
afterAll(async () => {
  client.close();
  await stand.close();
});

function watch(request: Partial<WatchAdminRequest> = {}, secret = stand.latchkey.adminSecret) {
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${secret}`);
  const call = client.watchAdmin(WatchAdminRequest.fromPartial(request), metadata);
  calls.push(call);
  const events: WatchAdminResponse[] = [];
  call.on('data', (event: WatchAdminResponse) => void events.push(event));
  const ended = new Promise<ServiceError | undefined>((resolve) => {
    call.on('error', resolve).on('end', () => setImmediate(resolve, undefined));
  });
  return { call, events, ended };
}

const audited = (events: readonly WatchAdminResponse[]) =>
  events.flatMap(({ event }) => (event?.$case === 'audit' ? [event.value.target] : []));

describe('WatchAdmin', () => {
  it('begins with a heartbeat, tells of changes, and goes on after a token', async () => {
    const { events, call } = watch();
    await until(() => events.length > 0);
    expect(events[0]).toMatchObject({ resumeToken: expect.stringMatching(/^a1\./), event: { $case: 'heartbeat' } });
    await stand.admin.setFlag({ flag: { key: 'told' } });
    await until(() => audited(events).length === 1 && events.some(({ event }) => event?.$case === 'configuration'));
    expect(events.find(({ event }) => event?.$case === 'configuration')!.event!.value).toMatchObject({
      ...{ flagKeys: ['told'], segmentKeys: [], actions: [], stages: false },
    });
    call.cancel();
    const again = watch({ resumeToken: events[0]!.resumeToken });
    await until(() => audited(again.events).length === 1);
    expect(again.events.some(({ event }) => event?.$case === 'reset')).toBe(false);
  });

  it('opens as many as a token may have, and says that there are no more', async () => {
    const opened = [watch(), watch()];
    await until(() => opened.every(({ events }) => events.length > 0));
    expect(await watch().ended).toMatchObject({ code: status.RESOURCE_EXHAUSTED });
  });

  it('ends with its token', async () => {
    const { token, secret } = await stand.latchkey.services.tokens.create(stand.latchkey.operator, {
      ...{ name: 't', scopes: ['manage'], organizationId: '', expiresAt: undefined, comment: '' },
    });
    const { events, ended } = watch({}, secret);
    await until(() => events.length > 0);
    await stand.latchkey.services.tokens.revoke(stand.latchkey.operator, token.id);
    expect(await ended).toMatchObject({ code: status.UNAUTHENTICATED });
  });
});

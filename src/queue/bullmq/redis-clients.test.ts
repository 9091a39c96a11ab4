import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect, it } from '@jest/globals';
import { until } from '../../../test/timing.js';
import { openProducerClients } from './redis-clients.js';

it('says why no node of a Cluster tells of its slots', async () => {
  const refusing = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', () => socket.write('-WRONGPASS invalid username-password pair\r\n'));
  }).listen(0, '127.0.0.1');
  await once(refusing, 'listening');
  const { port } = refusing.address() as AddressInfo;
  const errors: unknown[] = [];
  const clients = openProducerClients(
    `redis+cluster://:pa55word@127.0.0.1:${port}`,
    (error) => void errors.push(error),
  );
  try {
    await until(() => errors.length > 0);
    expect(errors[0]).toMatchObject({ cause: { message: expect.stringContaining('WRONGPASS') } });
    expect(clients.isReported(errors[0])).toBe(true);
  } finally {
    clients.disconnect();
    refusing.close();
  }
});

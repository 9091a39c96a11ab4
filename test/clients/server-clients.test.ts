import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { until } from '../timing.js';
import { type ClientStand, checksOf, comesBack, openClient } from './stand/client-checks.js';
import { NODE_CLIENTS, titleOf } from './stand/client-traits.js';
import { startClientsServer, variablesOf } from './stand/clients-server.js';
import { HealthWatch } from './stand/health-watch.js';
import { nodeDriver } from './stand/packages.js';
import { jsWorkshop, programsOf } from './stand/page-code.js';

const FLAGD_SERVICES = ['flagd.evaluation.v1.Service', 'flagd.evaluation.v2.Service'];

let stand: ClientStand;

beforeAll(async () => {
  stand = { server: await startClientsServer(), driver: nodeDriver() };
}, 240_000);
afterAll(async () => {
  await stand.driver.close();
  await stand.server.close();
});

describe.each(NODE_CLIENTS.map((traits) => [titleOf(traits), traits] as const))('%s', (_, traits) => {
  it.each(checksOf(() => stand, traits).map(({ name, run }) => [name, run] as const))('%s', (__, run) => run());
});

describe('docs/clients/node.md, as it stands', () => {
  it.each(programsOf('node.md', 'javascript').map((program, i) => [i + 1, program] as const))(
    'program %i prints what the page says',
    async (number, { code, prints }) => {
      const file = join(jsWorkshop(`node-${number}`), 'app.mjs');
      writeFileSync(file, code);
      const env = { ...process.env, ...variablesOf(stand.server) };
      const { stdout } = await promisify(execFile)(process.execPath, [file], { env });
      expect(stdout).toBe(prints);
    },
  );
});

describe('grpc-health-check', () => {
  it('is told of each listener and its services, and not of others', async () => {
    const { grpcAddress, flagdAddress } = stand.server;
    for (const [address, services] of [
      [grpcAddress, ['latchkey.v1.FeatureService']],
      [flagdAddress, FLAGD_SERVICES],
    ] as const) {
      const health = new HealthWatch(address);
      for (const service of ['', ...services])
        expect([service, await health.check(service)]).toEqual([service, 'SERVING']);
      expect(await health.check('nothing.Service')).toBe(status.NOT_FOUND);
      const strange = health.watch('nothing.Service');
      await until(() => strange.told.length > 0);
      expect(strange.told).toEqual(['SERVICE_UNKNOWN']);
      strange.end();
      health.close();
    }
  });
});

describe('the clients', () => {
  it('come back when the server was away, and hold nothing of before for true; health is told before it goes', async () => {
    const clients = await Promise.all(
      NODE_CLIENTS.map(async (traits) => [traits, await openClient(stand, traits)] as const),
    );
    const health = new HealthWatch(stand.server.flagdAddress);
    const watched = health.watch('');
    await until(() => watched.told.includes('SERVING'));
    await comesBack(stand.server, clients);
    expect(watched.told.slice(0, 2)).toEqual(['SERVING', 'NOT_SERVING']);
    watched.end();
    health.close();
  });
});

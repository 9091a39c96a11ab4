import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type DoorStand, openDoorStand } from './testing/door-stand.js';

const BUF = fileURLToPath(new URL('../../node_modules/.bin/buf', import.meta.url));

let stand: DoorStand;

beforeAll(async () => {
  stand = await openDoorStand();
});

afterAll(async () => {
  await stand.close();
});

/** Calls an RPC as someone does who has nothing of this project: by reflection. */
async function bufCurl(rpc: string, request: object): Promise<Record<string, unknown>> {
  const { stdout } = await promisify(execFile)(BUF, [
    'curl',
    '--http2-prior-knowledge',
    ...['--protocol', 'grpc'],
    ...['--header', `authorization: Bearer ${stand.latchkey.adminSecret}`],
    ...['--data', JSON.stringify(request)],
    `http://${stand.latchkey.grpcAddress}/latchkey.v1.${rpc}`,
  ]);
  return JSON.parse(stdout) as Record<string, unknown>;
}

describe('a client that no one here wrote', () => {
  it('sets a flag with rules as JSON, and asks for it', async () => {
    const conditions = {
      all: [
        { fact: 'emailVerified', operator: 'equal', value: true },
        { any: [{ fact: 'attribute', path: '$.plan', operator: 'in', value: ['pro', 'team'] }, { not: { all: [] } }] },
      ],
    };
    const answer = await bufCurl('FeatureService/SetFlag', {
      flag: {
        key: 'dashboard',
        rules: [{ name: 'Verified', conditions, policy: 'LATCHING', rollout: 100_000 }],
        variants: [
          { key: 'on', value: { columns: [1, null, 'x'] } },
          { key: 'off', value: null },
        ],
        type: 'JSON',
      },
      updateMask: 'rules,variants,type,isEnabledGlobally',
      expectedVersion: 0,
    });
    expect(answer.flag).toMatchObject({
      key: 'dashboard',
      isEnabledGlobally: false,
      rules: [{ name: 'Verified', policy: 'LATCHING', rollout: 100_000, conditions }],
    });
    expect(answer.consistencyToken).toEqual(expect.any(String));

    await stand.admin.identify({ userId: 'ada', emailVerified: true });
    const context = { userId: 'ada', attributes: { plan: 'team' } };
    expect(await bufCurl('FeatureService/Evaluate', { flagKey: 'dashboard', context })).toMatchObject({
      flagKey: 'dashboard',
      enabled: true,
      value: { columns: [1, null, 'x'] },
      variant: 'on',
      reason: 'REASON_RULE',
      flagVersion: 1,
    });
    const off = await bufCurl('FeatureService/Evaluate', { flag_key: 'dashboard' });
    expect(off).toMatchObject({ variant: 'off', reason: 'REASON_DEFAULT', value: null });
  });

  it('is told what is wrong, by name and place', async () => {
    const request = {
      flag: { key: 'x', rules: [{ conditions: { all: [{ fact: 'nope', operator: 'equal', value: 1 }] } }] },
    };
    await expect(bufCurl('FeatureService/SetFlag', request)).rejects.toThrow(
      /invalid_argument[\s\S]*\/rules\/0\/conditions\/all\/0\/fact/,
    );
  });

  it('calls the administration as well', async () => {
    expect(await bufCurl('AdminService/ListFlags', { pageSize: 10 })).toMatchObject({ flags: [{ key: 'dashboard' }] });
  });
});

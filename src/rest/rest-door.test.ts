import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openRestDoor } from './rest-door.js';
import { personToken, type RestStand, startRestStand } from './testing/rest-stand.js';

let stand: RestStand;
let admin: string;
beforeAll(async () => {
  stand = await startRestStand();
  admin = stand.latchkey.adminSecret;
});
afterAll(() => stand.close());

describe('the REST door', () => {
  it('is alive without a token', async () => {
    const { status, json } = await stand.ask('/healthz');
    expect({ status, json }).toEqual({ status: 200, json: { status: 'alive' } });
  });
});

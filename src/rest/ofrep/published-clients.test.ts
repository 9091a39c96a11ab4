import { request } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { withinOnePeriod } from '../../../test/timing.js';
import { TICKET_EPOCH_MS } from '../../services/streaming/answer-tickets.js';
import { type RestStand, startRestStand } from '../testing/rest-stand.js';

/** What published clients of languages that the tests have no toolchain for send, to the letter, and what they need of the answer. */
const PATH = '/ofrep/v1/evaluate/flags';

let stand: RestStand;
let authorization = '';

beforeAll(async () => {
  stand = await startRestStand();
  authorization = `Bearer ${await stand.machine(['evaluate'])}`;
  await stand.flag('editor', { isEnabledGlobally: true });
  await stand.flag('off', { active: false });
});
afterAll(() => stand.close());
// Between two epochs an answer's ETag changes.
beforeEach(() => withinOnePeriod(TICKET_EPOCH_MS, 5_000));

interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly json: Readonly<Record<string, unknown>>;
}

/** Posts with these headers and no others; without a length the body goes in chunks. */
function post(path: string, headers: Readonly<Record<string, string>>, body: string): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const asked = request(`http://${stand.door.address}${path}`, {
      method: 'POST',
      headers: { authorization, ...headers },
    });
    asked.on('error', reject);
    asked.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        const json = text === '' ? {} : (JSON.parse(text) as Answered['json']);
        resolve({ status: response.statusCode!, headers: response.headers, json });
      });
    });
    asked.end(body);
  });
}

describe('OpenFeature.Providers.Ofrep for .NET', () => {
  const headers = { 'content-type': 'application/json; charset=utf-8', 'transfer-encoding': 'chunked' };

  it('sends JSON of no length, and reads the value, or keeps its default where there is none', async () => {
    const on = await post(`${PATH}/editor`, headers, '{"context":{"targetingKey":"ada","age":7.0}}');
    expect(on.json).toMatchObject({ key: 'editor', value: true, variant: 'on', reason: 'STATIC' });
    expect(on.headers['content-type']).toMatch(/^application\/json/);
    const off = await post(`${PATH}/off`, headers, '{"context":{}}');
    expect([off.json.reason, 'value' in off.json]).toEqual(['DISABLED', false]);
  });

  it('reads errors by their status', async () => {
    expect((await post(`${PATH}/none`, headers, '{"context":{}}')).status).toBe(404);
    const refused = await post(`${PATH}/editor`, { ...headers, authorization: 'Bearer x' }, '{"context":{}}');
    expect(refused.status).toBe(401);
  });
});

describe('the OFREP provider for Swift', () => {
  it('asks for all flags, and again with the ETag that it was given', async () => {
    const headers = { ...{ accept: '*/*', 'accept-encoding': 'gzip, deflate' }, 'content-type': 'application/json' };
    const body = '{"context":{"targetingKey":"ada"}}';
    const first = await post(PATH, headers, body);
    expect(first.json).toMatchObject({ flags: [{ key: 'editor', value: true }, { key: 'off' }] });
    const again = await post(PATH, { ...headers, 'if-none-match': String(first.headers.etag) }, body);
    expect(again.status).toBe(304);
  });
});

describe('the OFREP provider for Kotlin', () => {
  const headers = { 'content-type': 'application/json', accept: 'application/json', 'user-agent': 'ktor-client' };

  it('is told of flags and of nothing else, since it knows no other member', async () => {
    const first = await post(PATH, headers, '{"context":{"targetingKey":"ada"}}');
    expect(Object.keys(first.json)).toEqual(['flags']);
    const known = ['key', 'value', 'reason', 'variant', 'errorCode', 'errorDetails', 'metadata'];
    for (const flag of first.json.flags as object[])
      for (const name of Object.keys(flag)) expect(known).toContain(name);
    const held = { ...headers, 'if-none-match': String(first.headers.etag) };
    expect((await post(PATH, held, '{"context":{"targetingKey":"ada"}}')).status).toBe(304);
    // Whoever else asks is offered a stream.
    const other = await post(PATH, { ...headers, 'user-agent': 'ktor-client of ours' }, '{"context":{}}');
    expect(other.json).toHaveProperty('eventStreams');
  });
});

describe('the OFREP provider for Ruby', () => {
  it('is told that there is no value, since it fails where it is told nothing of one', async () => {
    const headers = { 'content-type': 'application/json', 'user-agent': 'Faraday v2.14.2' };
    const off = await post(`${PATH}/off`, headers, '{"context":{"plan":"pro","targetingKey":"ada"}}');
    expect(off.json).toMatchObject({ key: 'off', value: null, variant: 'off', reason: 'DISABLED' });
    expect((await post(`${PATH}/editor`, headers, '{"context":{"targetingKey":"ada"}}')).json.value).toBe(true);
  });
});

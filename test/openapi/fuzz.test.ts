import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import fc, { type Arbitrary } from 'fast-check';
import { personToken, type RestStand, startRestStand } from '../../src/rest/testing/rest-stand.js';
import { faultOfAnswer, HOSTILE_REQUESTS, type HostileRequest } from './hostile-requests.js';
import { type Hints, type Schema, SchemaValues } from './schema-values.js';

interface Content {
  readonly content?: Readonly<Record<string, { readonly schema: Schema }>>;
}

interface Operation {
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: 'path' | 'query' | 'header';
    readonly schema: Schema;
  }[];
  readonly requestBody?: Content;
  readonly responses: Readonly<Record<string, Content>>;
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

interface Request {
  readonly path: Readonly<Record<string, unknown>>;
  readonly query: Readonly<Record<string, unknown>>;
  readonly header: Readonly<Record<string, unknown>>;
  readonly body: unknown;
  /** Who asks, by the names of {@link tokens}. */
  readonly caller: string;
}

/** `FUZZ_RUNS` and `FUZZ_SEED` make a longer run, and the same one again. */
const RUNS = Number(process.env.FUZZ_RUNS ?? 25);
const SEED = Number(process.env.FUZZ_SEED ?? Date.now() & 0x7fffffff);
const OPERATION_LIMIT_MS = 80 * RUNS;
/** A stream is read until it has been silent for this long. */
const SILENCE_MS = 150;

let stand: RestStand;
/** Tokens by who has them; '' for nobody's. */
let tokens: Readonly<Record<string, string>> = {};
let document: Document;
let values: SchemaValues;
let ajv: Ajv2020;

beforeAll(async () => {
  stand = await startRestStand();
  tokens = {
    admin: await stand.machine(['admin']),
    evaluates: await stand.machine(['evaluate']),
    bound: await stand.machine(['manage', 'evaluate', 'identify'], 'acme'),
    person: await personToken({ sub: 'ada', org: 'acme' }),
    administrator: await personToken({ sub: 'grace', org: 'acme', roles: ['admin'] }),
    nobody: '',
  };
  document = (await stand.ask('/openapi.json')).json as Document;
  values = new SchemaValues(document.components.schemas, await hints());
  ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(ajv);
  ajv.addSchema(document, 'document');
});
afterAll(() => stand.close());

/** Things that are there, and values that mean something. */
async function hints(): Promise<Hints> {
  const { services, operator } = stand.latchkey;
  await stand.flag('known', { rules: [{ policy: 'LATCHING', rolloutPer100k: 1 }], delegated: true });
  const { flag, backfillId } = await services.flags.set(operator, {
    ...{ keyOrId: 'fuzzed', mustExist: false, expectedVersion: undefined, onRuleChange: 'KEEP', comment: '' },
    ...{ input: { rules: [{ policy: 'LATCHING' }] }, access: [], removeAccess: [] },
  });
  const input = { name: 'spare', scopes: ['test'], organizationId: '', expiresAt: undefined };
  const spare = await services.tokens.create(operator, input);
  const { endpoint } = await services.webhooks.create(operator, {
    ...{ url: 'https://webhooks.invalid/', types: ['dev.latchkey.revoked'] },
  });
  const [flags, users] = [
    ['known', 'fuzzed', flag.id],
    ['ada', 'a/b'],
  ];
  const ada = { kind: 'person', userId: 'ada', organizationId: '', roles: undefined, platformAdmin: false } as const;
  return {
    ...{ targetingKey: ['ada', '', null], ticket: [services.answerTickets.ticket(ada, {}, 'mark')] },
    ...{ flag: flags, flag_key: flags, key: [...flags, 'seg'], id: flags, segment_key: ['seg', 'more'] },
    ...{ user_id: users, organization_id: ['acme', ''], organization: ['acme'], role: ['manager', ''] },
    ...{ backfill_id: [backfillId], token_id: [spare.token.id], webhook_id: [endpoint.id], action: ['clicked'] },
    ...{ scopes: ['evaluate', 'track', 'test'], types: ['dev.latchkey.unlocked'], stage: ['tour'], comment: ['a try'] },
    ...{ conditions: [{}, { all: [{ fact: 'emailVerified', operator: 'equal', value: true }] }, { condition: 'seg' }] },
    ...{ rollout: [0, 50_000, 100_000], variant: ['on', 'off'], bucket_by: ['user', ''], 'If-None-Match': ['*'] },
    ...{
      'If-Match': [`"${flag.id}-1"`, '"stages-0"', '"7"'],
      update_mask: ['', 'name', 'rules,active'],
      url: ['https://a.example/'],
    },
    ...{ page_token: ['', 'none'], state: ['pending', ''], overlap: ['0s', '3600s'], expected_version: [0, 1] },
  };
}

function requestsOf({ parameters = [], requestBody }: Operation): Arbitrary<Request> {
  const inPlace = (place: string, requiredKeys?: string[]) => {
    const those = parameters.filter((parameter) => parameter.in === place);
    const record = Object.fromEntries(those.map(({ name, schema }) => [name, values.of(schema, name)]));
    return fc.record(record, { requiredKeys: requiredKeys ?? Object.keys(record) });
  };
  const schema = requestBody?.content?.['application/json']?.schema;
  const body: Arbitrary<unknown> =
    schema === undefined
      ? fc.constant(undefined)
      : fc.oneof({ arbitrary: values.of(schema), weight: 5 }, { arbitrary: fc.jsonValue({ maxDepth: 2 }), weight: 1 });
  // What the administration answers to its own is most of what there is.
  const caller = fc.oneof({ arbitrary: fc.constant('admin'), weight: 3 }, fc.constantFrom(...Object.keys(tokens)));
  return fc.record({ path: inPlace('path'), query: inPlace('query', []), header: inPlace('header', []), body, caller });
}

/** What a client would make of an empty part of a path, or of dots, is another path. */
const namesNothing = (value: unknown): boolean => /^\.{0,2}$/.test(String(value));
const notForHeaders = (value: unknown): boolean => !/^[\x21-\x7e]+$/.test(String(value));

async function send(verb: string, template: string, { path, query, header, body, caller }: Request) {
  const address = template.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(path[name])));
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    for (const each of [value].flat()) search.append(name, String(each));
  const headers = Object.entries(header).map(([name, value]) => [name, String(value)]);
  const controller = new AbortController();
  const response = await fetch(`http://${stand.door.address}${address}${search.size === 0 ? '' : `?${search}`}`, {
    method: verb.toUpperCase(),
    headers: {
      ...(tokens[caller] === '' ? {} : { authorization: `Bearer ${tokens[caller]}` }),
      ...Object.fromEntries(headers),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: controller.signal,
  });
  return { response, text: await textOf(response, controller) };
}

/** Of a stream what comes at once. */
async function textOf(response: Response, controller: AbortController): Promise<string> {
  const type = response.headers.get('content-type') ?? '';
  if (!/event-stream|jsonl/.test(type)) return response.text();
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (;;) {
    const silence = new Promise<undefined>((resolve) => {
      setTimeout(() => resolve(undefined), SILENCE_MS);
    });
    const next = await Promise.race([reader.read(), silence]);
    if (next === undefined || next.done) break;
    text += next.value;
  }
  controller.abort();
  return text;
}

const validators = new Map<string, ValidateFunction>();

function validatorOf(pointer: string): ValidateFunction {
  const known = validators.get(pointer) ?? ajv.compile({ $ref: `document#${pointer}` });
  validators.set(pointer, known);
  return known;
}

const step = (name: string) => `/${encodeURIComponent(name.replaceAll('~', '~0').replaceAll('/', '~1'))}`;

async function answersAsDescribed(verb: string, template: string, operation: Operation, request: Request) {
  const { response, text } = await send(verb, template, request);
  const status = String(response.status);
  // With what it said, so that a failure shows it.
  expect({ status, text, described: status in operation.responses }).toEqual({ status, text, described: true });
  expect({ status, text }).not.toMatchObject({ status: expect.stringMatching(/^5/) });
  const { content } = operation.responses[status]!;
  if (content === undefined) {
    expect(text).toBe('');
    return;
  }
  const [type = ''] = (response.headers.get('content-type') ?? '').split(';');
  expect({ status, type, described: Object.keys(content) }).toMatchObject({
    described: expect.arrayContaining([type]),
  });
  if (!type.includes('json')) return;
  const pointer = ['paths', template, verb, 'responses', status, 'content', type, 'schema'].map(step).join('');
  const validate = validatorOf(pointer);
  // A stream of which a filter leaves nothing has no lines.
  const lines = text.split('\n').filter((line) => line !== '');
  for (const body of type === 'application/jsonl' ? lines : [text]) {
    const fits = validate(JSON.parse(body));
    expect({ fits, errors: validate.errors ?? [], body }).toEqual({ fits: true, errors: [], body });
  }
}

function allOperations() {
  return Object.entries(document.paths).flatMap(([template, verbs]) =>
    Object.entries(verbs).map(([verb, operation]) => ({ template, verb, operation })),
  );
}

/** What is wrong with the answer to a hostile request; undefined for nothing. */
async function faultOf(verb: string, template: string, { part = 'known', query, headers, body }: HostileRequest) {
  const address = template.replaceAll(/\{(\w+)\}/g, part);
  const sent = verb === 'get' ? {} : { body: body ?? '{}' };
  const controller = new AbortController();
  const response = await fetch(`http://${stand.door.address}${address}${query === undefined ? '' : `?${query}`}`, {
    ...{ method: verb.toUpperCase(), ...sent, signal: controller.signal },
    headers: { authorization: `Bearer ${tokens.admin}`, 'content-type': 'application/json', ...headers },
  });
  const text = await textOf(response, controller);
  return faultOfAnswer({ status: response.status, type: response.headers.get('content-type') ?? '', text });
}

describe('every route', () => {
  it('answers what means nothing good with an error that repeats little of it, as no page', async () => {
    const faults: string[] = [];
    const connect = ['/flagd.evaluation.v1.Service/ResolveAll', '/flagd.evaluation.v2.Service/ResolveInt'];
    const others = [...connect, '/flagd.evaluation.v2.Service/EventStream', '/none', '/healthz'].flatMap((template) =>
      ['get', 'post'].map((verb) => ({ template, verb })),
    );
    for (const { template, verb } of [...allOperations(), ...others]) {
      const meant = HOSTILE_REQUESTS.filter(
        ({ part, body }) => (part === undefined || template.includes('{')) && (body === undefined || verb !== 'get'),
      );
      for (const request of meant) {
        const fault = await faultOf(verb, template, request);
        if (fault !== undefined) faults.push(`${verb} ${template}, ${request.what}: ${fault}`);
      }
    }
    expect(faults).toEqual([]);
  });

  it(
    'answers as /openapi.json says, whatever it is asked',
    async () => {
      const operations = allOperations();
      expect(operations.length).toBeGreaterThan(60);
      const failures: string[] = [];
      for (const { template, verb, operation } of operations) {
        const requests = requestsOf(operation).filter(
          ({ path, header }) => !Object.values(path).some(namesNothing) && !Object.values(header).some(notForHeaders),
        );
        const property = fc.asyncProperty(requests, (request) =>
          answersAsDescribed(verb, template, operation, request),
        );
        try {
          await fc.assert(property, { numRuns: RUNS, seed: SEED, interruptAfterTimeLimit: OPERATION_LIMIT_MS });
        } catch (error) {
          const { message, cause } = error as Error;
          failures.push(`${verb.toUpperCase()} ${template}: ${message}\n${String(cause)}`);
        }
      }
      expect(failures.join('\n\n')).toBe('');
    },
    Math.max(480_000, OPERATION_LIMIT_MS * 400),
  );
});

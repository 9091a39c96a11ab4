/** What no answer may repeat in full, nor as markup. */
export const LONG = 'A'.repeat(100_000);
const MARKUP = '<script>alert(1)</script>"\'\u0000\u001b[31m\u202e';

export interface HostileRequest {
  readonly what: string;
  /** In place of each part of the path that is a parameter, as it stands in the address. */
  readonly part?: string;
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array<ArrayBuffer>;
}

const JSON_TYPE = { 'content-type': 'application/json' };
const body = (what: string, sent: string | Uint8Array<ArrayBuffer>, type = 'application/json'): HostileRequest => ({
  what,
  ...{ body: sent, headers: { 'content-type': type } },
});

/** Requests that mean nothing good, for any operation. */
export const HOSTILE_REQUESTS: readonly HostileRequest[] = [
  { what: 'markup in the path', part: encodeURIComponent(MARKUP) },
  { what: 'a way out of the path', part: '..%2f..%2fetc%2fpasswd' },
  { what: 'no UTF-8 in the path', part: '%ff%fe' },
  { what: 'half an escape in the path', part: 'a%2' },
  { what: 'a long part of the path', part: LONG.slice(0, 2_000) },
  { what: 'a part of the path that is too long', part: LONG.slice(0, 10_000) },
  { what: 'markup in the query', query: `q=${encodeURIComponent(MARKUP)}&page_size=${encodeURIComponent(MARKUP)}` },
  {
    what: 'a parameter that there is not',
    query: `${encodeURIComponent(MARKUP)}=1&__proto__=1&constructor[prototype][a]=1`,
  },
  { what: 'long parameters', query: `q=${LONG.slice(0, 12_000)}` },
  { what: 'a query that is too long', query: `q=${LONG.slice(0, 20_000)}` },
  {
    what: 'headers of markup',
    headers: {
      ...{
        'x-request-id': '<script>',
        accept: 'text/html',
        'if-match': '"<b>',
        'if-none-match': '<i>',
        cookie: 'a=<b>;;=',
      },
      ...{
        'x-latchkey-view-as': '%',
        'last-event-id': '<b>',
        'user-agent': '"><',
        origin: 'null',
        forwarded: 'for=<b>',
      },
    },
  },
  { what: 'a token of markup', headers: { authorization: 'Bearer <script>alert(1)</script>' } },
  { what: 'a long token', headers: { authorization: `Bearer ${LONG.slice(0, 12_000)}` } },
  {
    what: 'a token that seems one of a person',
    headers: { authorization: 'Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.' },
  },
  body('half a body', '{"a": '),
  body('no UTF-8 in a body', new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])),
  body('a body of much depth', '['.repeat(50_000)),
  body('a body of a long text', JSON.stringify(LONG)),
  body('a long name of a member', JSON.stringify({ [LONG]: 1 })),
  body(
    'markup as a member',
    JSON.stringify({ [MARKUP]: MARKUP, key: MARKUP, token: MARKUP, context: { [MARKUP]: 1 } }),
  ),
  body(
    'long values',
    JSON.stringify({
      key: LONG,
      name: LONG,
      stage: LONG,
      token: LONG,
      context: { targetingKey: LONG, [LONG]: LONG },
      events: [{ id: LONG }],
    }),
  ),
  body('a member that changes prototypes', '{"__proto__": {"admin": true}}'),
  body(
    'numbers beyond all bounds',
    '{"rollout": 1e999, "expected_version": 123456789012345678901234567890, "page_size": -1}',
  ),
  body('a body of another media type', '<a/>', 'text/html'),
  body('a media type of markup', '{}', 'application/json; charset="<script>"'),
  { what: 'a body that claims to be packed', headers: { ...JSON_TYPE, 'content-encoding': 'gzip' }, body: '{}' },
];

const QUOTED_AT_MOST = 300;

/** What is wrong with an answer to such a request; undefined for nothing. */
export function faultOfAnswer({
  status,
  type,
  text,
}: {
  status: number;
  type: string;
  text: string;
}): string | undefined {
  // Connect answers with 501 what it has no encoding for, and with 415 and no body what is of another media type.
  if (status === 501 && text.includes('"code":"unimplemented"')) return undefined;
  if (status === 415 && text === '') return undefined;
  if (status >= 500) return `status ${status}`;
  if (/html|xml|javascript/.test(type)) return `media type ${type}`;
  if (status < 400) return undefined;
  if (!type.includes('json')) return `an error as ${type}`;
  const { key, ...told } = JSON.parse(text) as Record<string, unknown>;
  // OFREP has the flag's key in its errors, as it was asked for.
  const said = typeof key === 'string' ? text.replace(JSON.stringify(key), '""') : text;
  if (said.includes('A'.repeat(QUOTED_AT_MOST)))
    return `repeats more than ${QUOTED_AT_MOST} characters of what it was sent`;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  if (/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/.test(said)) return 'has control characters as they are';
  return ['status', 'errorCode', 'errorDetails', 'code'].some((member) => member in told)
    ? undefined
    : 'is no error of a known form';
}

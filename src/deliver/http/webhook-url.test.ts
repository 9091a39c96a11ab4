import { describe, expect, it } from '@jest/globals';
import { faultOfUrl } from './webhook-url.js';

const STRICT = { allowHttp: false, allowPrivate: false };
const OPEN = { allowHttp: true, allowPrivate: true };

/** 127.0.0.1 and friends, as whoever wants to reach them would spell them. */
const SPELLINGS = [
  ...['https://127.0.0.1/', 'https://127.1/', 'https://2130706433/', 'https://0x7f000001/', 'https://0177.0.0.1/'],
  ...['https://0x7f.1/', 'https://[::1]/', 'https://[0:0::1]/', 'https://[::ffff:127.0.0.1]/', 'https://127.0.0.1./'],
  ...[
    'https://１２７.0.0.1/',
    'https://127。0。0。1/',
    'https://localhost/',
    'https://LOCALHOST./',
    'https://a.localhost/',
  ],
  ...['https://0/', 'https://10.0.0.1:8443/', 'https://[fd00::1]/', 'https://169.254.169.254/latest/meta-data/'],
];

describe('an endpoint’s address', () => {
  it.each(SPELLINGS)('is refused when it is %s', (url) => {
    expect(faultOfUrl(url, STRICT)).toMatch(/WEBHOOKS_ALLOW_PRIVATE/);
  });

  it.each([
    ['ftp://example.com/', /"ftp:"; webhooks go to https/],
    ['file:///etc/passwd', /"file:"/],
    ['example.com/hooks', /"example.com\/hooks" is no address like https/],
    ['', /"" is no address/],
    ['http://example.com/hooks?key=s3cret', /"http:\/\/example.com\/hooks" is not https; WEBHOOKS_ALLOW_HTTP/],
    ['https://user:pass@example.com/', /holds a user or a password/],
    ['https://user@example.com/', /holds a user or a password/],
    ['https://example.com/#part', /fragment/],
    ['https://localhost../', /"https:\/\/localhost..\/" names no host/],
    ['https://./', /names no host/],
    ['https://../', /names no host/],
    [`https://example.com/${'x'.repeat(2_048)}`, /at most 2048 characters, and this one has 2068/],
  ])('says what is wrong with %s', (url, fault) => {
    expect(faultOfUrl(url, STRICT)).toMatch(fault);
  });

  it('quotes no secret', () => {
    const slashed = ['https://user:pa55/word@host/', 'https://user:w/pa55@host/', 'mailto:me:pa55@host'];
    for (const url of slashed) expect(faultOfUrl(url, STRICT)).toMatch(/^url (is no address|begins with)/);
    const text = [
      ...slashed,
      'http://me:pa55@example.com/x',
      'ftp://me:pa55@host/',
      'https://h/?key=pa55#x',
      'nonsense?pa55',
    ];
    for (const url of text) expect(faultOfUrl(url, STRICT)).not.toContain('pa55');
  });

  it.each(['https://example.com/hooks?key=1', 'https://8.8.8.8:8443/', 'https://[2606:4700::1111]/'])(
    'may be %s',
    (url) => {
      expect(faultOfUrl(url, STRICT)).toBeUndefined();
    },
  );

  it('may be of this machine where that is allowed, but never of a metadata service', () => {
    expect(faultOfUrl('http://localhost:8080/hooks', OPEN)).toBeUndefined();
    expect(faultOfUrl('http://127.0.0.1:8080/hooks', OPEN)).toBeUndefined();
    expect(faultOfUrl('http://169.254.169.254/', OPEN)).toMatch(/link-local/);
  });
});

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { signMessage } from './webhook-message.js';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const MESSAGE = { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', body: '{"test": 2432232314}', now: 1_614_265_330_999 };
const SIGNATURE = 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=';

describe('signing', () => {
  it('makes what the libraries of Standard Webhooks make of the same message', () => {
    expect(signMessage(MESSAGE, [{ secret: SECRET }])).toEqual({
      'webhook-id': MESSAGE.id,
      'webhook-timestamp': '1614265330',
      'webhook-signature': SIGNATURE,
    });
  });

  it('is verified by the example that the documentation shows', () => {
    const page = readFileSync(new URL('../../docs/webhooks.md', import.meta.url), 'utf8');
    const example = /```js\n(.*?)```/s.exec(page)![1]!;
    const verified = (change: { readonly body?: string; readonly now?: number; readonly secret?: string }): string => {
      const { body, now, secret } = { body: MESSAGE.body, now: Date.now(), secret: SECRET, ...change };
      const secrets = [{ secret: 'whsec_AAAA' }, { secret: SECRET }];
      const headers = signMessage({ ...MESSAGE, now }, secrets);
      const call = `console.log(verify(${[secret, headers, body].map((value) => JSON.stringify(value)).join(', ')}));`;
      return execFileSync(process.execPath, ['--input-type=module', '-e', `${example}${call}`])
        .toString()
        .trim();
    };
    expect(verified({})).toBe('true');
    expect(verified({ body: '{"test": 2432232315}' })).toBe('false');
    expect(verified({ now: Date.now() - 3_600_000 })).toBe('false');
    expect(verified({ secret: 'whsec_BBBB' })).toBe('false');
  });

  it('signs with every secret that is valid, the newest first, and with none that has expired', () => {
    const { now } = MESSAGE;
    const secrets = [
      { secret: 'whsec_AAAA' },
      { secret: SECRET, expiresAt: now + 1 },
      { secret: 'whsec_BBBB', expiresAt: now },
    ];
    const signatures = signMessage(MESSAGE, secrets)['webhook-signature']!.split(' ');
    expect(signatures).toHaveLength(2);
    expect(signatures[1]).toBe(SIGNATURE);
  });
});

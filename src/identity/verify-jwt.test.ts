import { createHmac, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { exportJWK, SignJWT } from 'jose';
import type { Person } from '../calls/caller.js';
import { FailedAuthentications } from '../calls/limits/failed-authentications.js';
import type { JwtOptions } from './jwt-options.js';
import { JwtVerifier, type JwtVerifierOptions, TRUST_MS, type VerifiedToken } from './verify-jwt.js';

const SECRET = 'a shared secret of more than thirty-two bytes';
const NOW = Date.UTC(2026, 0, 31, 12);
const NOW_S = NOW / 1000;
const OPTIONS: JwtOptions = {
  key: { kind: 'secret', secret: SECRET },
  issuer: undefined,
  audiences: [],
  audienceClaim: undefined,
  userClaim: 'sub',
  organizationClaim: 'org',
  rolesClaim: 'roles',
  platform: undefined,
  sync: false,
  cachedTokens: 1_000,
};
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const ed = generateKeyPairSync('ed25519');

const pemOf = (key: KeyObject): string => key.export({ type: 'spki', format: 'pem' }) as string;

function verifier(options: Partial<JwtVerifierOptions> = {}): JwtVerifier {
  return new JwtVerifier({ ...OPTIONS, now: () => NOW, ...options });
}

function byPublicKey(key: KeyObject): JwtVerifier {
  return verifier({ key: { kind: 'publicKey', pem: pemOf(key) }, issuer: 'https://id.example', audiences: ['app'] });
}

const good = { sub: 'alice', exp: NOW_S + 60 };
const issued = { ...good, iss: 'https://id.example', aud: 'app' };

function sign(claims: object, alg = 'HS256', key: KeyObject | Uint8Array = Buffer.from(SECRET), kid?: string) {
  return new SignJWT({ ...claims }).setProtectedHeader({ alg, ...(kid === undefined ? {} : { kid }) }).sign(key);
}

/** By hand, since no library makes such tokens. */
function forged(header: object, claims: object, signature = ''): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part(header)}.${part(claims)}.${signature}`;
}

async function refused(verifying: JwtVerifier, token: string): Promise<unknown> {
  try {
    return await verifying.person(token);
  } catch (error) {
    return error;
  }
}

const unauthenticated = (message: RegExp) => ({ code: 'UNAUTHENTICATED', message: expect.stringMatching(message) });

describe('a person’s token', () => {
  it('says who it is, with organization and roles', async () => {
    const token = await sign({ ...good, org: 'acme', roles: ['manager'] });
    const person: Person = {
      kind: 'person',
      userId: 'alice',
      organizationId: 'acme',
      roles: ['manager'],
      platformAdmin: false,
      expiresAt: (NOW_S + 60) * 1000,
    };
    expect(await verifier().person(token)).toEqual(person);
  });

  it.each([
    ['RS256', rsa],
    ['PS256', rsa],
    ['ES256', ec],
    ['EdDSA', ed],
  ])('may be signed with %s, as the public key says', async (alg, { publicKey, privateKey }) => {
    expect(await byPublicKey(publicKey).person(await sign(issued, alg, privateKey))).toMatchObject({ userId: 'alice' });
  });

  it('is refused when it is expired, by more than the clocks may differ', async () => {
    expect(await verifier().person(await sign({ sub: 'alice', exp: NOW_S - 4 }))).toMatchObject({ userId: 'alice' });
    const late = await sign({ sub: 'alice', exp: NOW_S - 6 });
    expect(await refused(verifier(), late)).toMatchObject(unauthenticated(/expired at 2026-01-31T11:59:54/));
  });

  it.each([
    ['no end', { sub: 'alice' }, /exp/],
    ['no subject', { exp: NOW_S + 60 }, /"sub" is missing/],
    ['an empty subject', { sub: '', exp: NOW_S + 60 }, /"sub" is missing/],
    ['a subject with a space at its end', { ...good, sub: 'alice ' }, /names no user/],
    ['a subject that is an object', { ...good, user: {} }, undefined],
    ['a beginning in the future', { ...good, nbf: NOW_S + 60 }, /nbf/],
  ])('is refused with %s', async (_what, claims, message) => {
    const options = message === undefined ? { userClaim: 'user' } : {};
    const error = await refused(verifier(options), await sign(claims));
    expect(error).toMatchObject(unauthenticated(message ?? /should be text/));
  });

  it.each([
    ['another issuer', { ...issued, iss: 'https://evil.example' }],
    ['another audience', { ...issued, aud: 'other' }],
    ['no issuer', { ...good, aud: 'app' }],
    ['no audience', { ...good, iss: 'https://id.example' }],
  ])('is refused for %s', async (_what, claims) => {
    const error = await refused(byPublicKey(ec.publicKey), await sign(claims, 'ES256', ec.privateKey));
    expect(error).toMatchObject(unauthenticated(/iss|aud/));
  });
});

describe('a forged token', () => {
  it.each(['none', 'None', 'NONE'])('without a signature, as %s, is refused', async (alg) => {
    for (const verifying of [verifier(), byPublicKey(rsa.publicKey)]) {
      expect(await refused(verifying, forged({ alg }, issued))).toMatchObject({ code: 'UNAUTHENTICATED' });
      expect(await refused(verifying, forged({ alg }, issued, 'c2ln'))).toMatchObject({ code: 'UNAUTHENTICATED' });
    }
  });

  it('signed with another secret is refused', async () => {
    const token = await sign(good, 'HS256', Buffer.from('another secret of more than thirty-two bytes'));
    expect(await refused(verifier(), token)).toMatchObject(unauthenticated(/not signed by this server's issuer/));
  });

  it('with the public key as its shared secret is refused', async () => {
    const token = forged({ alg: 'HS256' }, issued);
    const unsigned = token.slice(0, -1);
    const signature = createHmac('sha256', pemOf(rsa.publicKey)).update(unsigned).digest('base64url');
    const error = await refused(byPublicKey(rsa.publicKey), `${unsigned}.${signature}`);
    expect(error).toMatchObject(unauthenticated(/algorithm/));
  });

  it('of another kind of key is refused', async () => {
    const error = await refused(byPublicKey(ec.publicKey), await sign(issued, 'RS256', rsa.privateKey));
    expect(error).toMatchObject(unauthenticated(/algorithm/));
  });

  it('with other claims under a good signature is refused', async () => {
    const [header, , signature] = (await sign(good)).split('.');
    const claims = Buffer.from(JSON.stringify({ ...good, sub: 'bob' })).toString('base64url');
    expect(await refused(verifier(), `${header}.${claims}.${signature}`)).toMatchObject(unauthenticated(/not signed/));
  });

  it('that brings its own key is refused', async () => {
    const jwk = await exportJWK(ec.publicKey);
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const token = await new SignJWT(issued).setProtectedHeader({ alg: 'ES256', jwk }).sign(ec.privateKey);
    expect(await refused(byPublicKey(other.publicKey), token)).toMatchObject(unauthenticated(/not signed/));
  });

  it.each(['a.b.c', '..', 'e30.e30.', `${'a'.repeat(13_000)}.b.c`])('of nonsense is refused', async (token) => {
    expect(await refused(verifier(), token)).toMatchObject({ code: 'UNAUTHENTICATED' });
  });
});

describe('claims', () => {
  it('are found by name or by dotted path, the name first', async () => {
    const options = { rolesClaim: 'realm_access.roles', organizationClaim: 'https://id.example/org' };
    const token = await sign({ ...good, realm_access: { roles: ['admin'] }, 'https://id.example/org': 'acme' });
    expect(await verifier(options).person(token)).toMatchObject({ roles: ['admin'], organizationId: 'acme' });
  });

  it('find nothing inherited', async () => {
    const token = await sign({ ...good });
    expect(await refused(verifier({ userClaim: 'constructor.name' }), token)).toMatchObject(unauthenticated(/missing/));
    expect(await refused(verifier({ userClaim: '__proto__' }), token)).toMatchObject(unauthenticated(/missing/));
  });

  it('that are whole numbers read as their digits, and one role as a list of one', async () => {
    const token = await sign({ ...good, user_id: 42, roles: 'employee' });
    expect(await verifier({ userClaim: 'user_id' }).person(token)).toMatchObject({ userId: '42', roles: ['employee'] });
  });

  it('that say nothing of roles leave them unsaid', async () => {
    expect(await verifier().person(await sign(good))).toMatchObject({ roles: undefined, organizationId: '' });
  });

  it('confer the platform’s administration by the configured value only', async () => {
    const platform = { claim: 'groups', value: 'operators' };
    const isAdmin = async (claims: object, options: Partial<JwtVerifierOptions>) => {
      const person = await verifier(options).person(await sign({ ...good, ...claims }));
      return person.platformAdmin;
    };
    expect(await isAdmin({ groups: ['users', 'operators'] }, { platform })).toBe(true);
    expect(await isAdmin({ groups: 'operators' }, { platform })).toBe(true);
    expect(await isAdmin({ groups: ['users'] }, { platform })).toBe(false);
    expect(await isAdmin({ roles: ['admin', 'operators'] }, { platform })).toBe(false);
    expect(await isAdmin({ groups: ['operators'], roles: ['admin'] }, {})).toBe(false);
  });
});

describe('claims that only target', () => {
  const many = Array.from({ length: 51 }, (_, i) => `role ${i}`);

  it.each<[string, object, object, RegExp | undefined]>([
    ['51 roles', { roles: many }, { roles: many }, /"roles" of a token has 51 roles/],
    ['a role of 65 characters', { roles: ['a', 'r'.repeat(65)] }, { roles: ['a'] }, /at most 64 characters/],
    ['an empty role', { roles: ['', 'a'] }, { roles: ['a'] }, /must not be empty/],
    ['an empty text for roles', { roles: '' }, { roles: undefined }, undefined],
    ['roles that are no names', { roles: [{ name: 'admin' }] }, { roles: [] }, /a role is text/],
    ['an object for roles', { roles: { admin: true } }, { roles: undefined }, /a role is text/],
    ['a role twice', { roles: ['a', 'b', 'a'] }, { roles: ['a', 'b'] }, undefined],
    ['a list of one organization', { org: ['acme'] }, { organizationId: 'acme' }, undefined],
    ['an object of one organization', { org: { acme: { id: '1' } } }, { organizationId: 'acme' }, undefined],
    ['an empty list of organizations', { org: [] }, { organizationId: '' }, undefined],
    ['two organizations', { org: ['acme', 'globex'] }, { organizationId: '' }, /names 2 organizations/],
    ['an organization that is no name', { org: 'acme ' }, { organizationId: '' }, /no spaces at its ends/],
    ['an organization that is a truth', { org: true }, { organizationId: '' }, /holds no text/],
  ])('end no session: %s', async (_what, claims, person, leftOut) => {
    const said: string[] = [];
    const onVerified = (verified: VerifiedToken): void => void said.push(...Object.values(verified.leftOut));
    const token = await sign({ ...good, ...claims });
    expect(await verifier({ onVerified }).person(token)).toMatchObject({ userId: 'alice', ...person });
    expect(said).toEqual(leftOut === undefined ? [] : [expect.stringMatching(leftOut)]);
  });
});

describe('an audience', () => {
  const two = { audiences: ['web', 'mobile'] };
  const byClient = { ...two, audienceClaim: 'client_id' };

  it('may be one of several', async () => {
    for (const aud of ['web', 'mobile', ['other', 'mobile']]) {
      expect(await verifier(two).person(await sign({ ...good, aud }))).toMatchObject({ userId: 'alice' });
    }
    expect(await refused(verifier(two), await sign({ ...good, aud: 'web,mobile' }))).toMatchObject(
      unauthenticated(/names none of JWT_AUDIENCE/),
    );
  });

  it('of a token without one may stand in another claim', async () => {
    const token = await sign({ ...good, client_id: 'web' });
    expect(await verifier(byClient).person(token)).toMatchObject({ userId: 'alice' });
    expect(await refused(verifier(two), token)).toMatchObject(unauthenticated(/missing required "aud"/));
  });

  it.each([
    ['another client', { client_id: 'other' }, /"client_id" names none/],
    ['no client', {}, /missing required "client_id"/],
    ['another audience beside the client', { client_id: 'web', aud: 'other' }, /"aud" names none/],
    ['an empty audience beside the client', { client_id: 'web', aud: [] }, /"aud" names none/],
  ])('is not taken from %s', async (_what, claims, message) => {
    expect(await refused(verifier(byClient), await sign({ ...good, ...claims }))).toMatchObject(
      unauthenticated(message),
    );
  });
});

describe('verified tokens', () => {
  it('are remembered for five minutes, and never past their end', async () => {
    let now = NOW;
    let verified = 0;
    const verifying = verifier({ now: () => now, onVerified: () => void verified++ });
    const [long, short] = [await sign({ ...good, exp: NOW_S + 3600 }), await sign({ ...good, exp: NOW_S + 60 })];
    await verifying.person(long);
    await verifying.person(short);
    now += 59_000;
    expect(verifying.person(long)).not.toBeInstanceOf(Promise);
    expect(verifying.person(short)).not.toBeInstanceOf(Promise);
    expect(verified).toBe(2);
    now = NOW + 66_000;
    expect(await refused(verifying, short)).toMatchObject(unauthenticated(/expired/));
    now = NOW + TRUST_MS;
    await verifying.person(long);
    expect(verified).toBe(3);
  });

  it('are remembered up to a number, those that were used last', async () => {
    const verifying = verifier({ cachedTokens: 2 });
    const [anna, bert, carl] = await Promise.all(['anna', 'bert', 'carl'].map((sub) => sign({ ...good, sub })));
    await verifying.person(anna!);
    await verifying.person(bert!);
    expect(verifying.person(anna!)).toMatchObject({ userId: 'anna' });
    await verifying.person(carl!);
    expect(verifying.person(anna!)).toMatchObject({ userId: 'anna' });
    expect(verifying.person(carl!)).toMatchObject({ userId: 'carl' });
    expect(verifying.person(bert!)).toBeInstanceOf(Promise);
  });
});

describe('refused tokens', () => {
  it('of one address are not verified any more once there are too many, and those that are remembered go on', async () => {
    const verifying = verifier({ failures: new FailedAuthentications(2) });
    const from = (peer: string) => ({ getPeer: () => peer });
    const ask = async (token: string, peer: string) => verifying.person(token, from(peer));
    const token = await sign(good);
    await ask(token, '10.0.0.1');
    for (let i = 0; i < 2; i++) {
      await expect(ask(forged({ alg: 'HS256' }, { ...good, i }, 'c2ln'), '10.0.0.1')).rejects.toMatchObject(
        unauthenticated(/not signed/),
      );
    }
    const another = await sign({ ...good, sub: 'bob' });
    await expect(ask(another, '10.0.0.1')).rejects.toMatchObject({ code: 'LIMITED' });
    await expect(ask(another, '10.0.0.2')).resolves.toMatchObject({ userId: 'bob' });
    await expect(ask(token, '10.0.0.1')).resolves.toMatchObject({ userId: 'alice' });
  });

  it('do not keep out a token that was verified before and has to be verified again', async () => {
    let now = NOW;
    const verifying = verifier({ failures: new FailedAuthentications(2), now: () => now });
    const ask = async (token: string) => verifying.person(token, { getPeer: () => '10.0.0.1' });
    const [long, short] = [await sign({ ...good, exp: NOW_S + 3600 }), await sign({ ...good, exp: NOW_S + 60 })];
    await ask(long);
    await ask(short);
    for (let i = 0; i < 2; i++)
      await expect(ask(forged({ alg: 'HS256' }, { ...good, i }, 'c2ln'))).rejects.toMatchObject({
        code: 'UNAUTHENTICATED',
      });
    now = NOW + TRUST_MS;
    await expect(ask(long)).resolves.toMatchObject({ userId: 'alice' });
    await expect(ask(short)).rejects.toMatchObject({ code: 'LIMITED' });
  });
});

import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

/** A certificate and its key, PEM. */
export interface Certified {
  readonly certificate: string;
  readonly key: string;
}

/** An authority that tests make on the spot: its own certificate, and those that it signs. */
export interface Authority extends Certified {
  /** A certificate for `localhost` and 127.0.0.1, which may also stand for a client; valid for a day unless `until` says else. */
  issue(name: string, until?: Date): Certified;
}

const DAY_MS = 86_400_000;
const ECDSA_SHA256 = sequence(oid('2a8648ce3d040302'));

/** A new authority. Its certificates are of version 3 (RFC 5280), with P-256 keys. */
export function makeAuthority(name: string): Authority {
  const own = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const signed = (subject: string, key: KeyObject, until: Date, extensions: Buffer): string => {
    const validity = sequence(utcTime(new Date(until.getTime() - 10 * DAY_MS)), utcTime(until));
    const content = sequence(
      der(0xa0, der(0x02, Buffer.from([2]))),
      der(0x02, Buffer.concat([Buffer.from([0x40]), randomBytes(8)])),
      ...[ECDSA_SHA256, nameOf(name), validity, nameOf(subject), key.export({ type: 'spki', format: 'der' })],
      der(0xa3, extensions),
    );
    const signature = sign('sha256', content, { key: own.privateKey, dsaEncoding: 'der' });
    const whole = sequence(content, ECDSA_SHA256, der(0x03, Buffer.concat([Buffer.from([0]), signature])));
    const lines = whole.toString('base64').match(/.{1,64}/g) ?? [];
    return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
  };
  const pemOf = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }) as string;
  const tomorrow = (): Date => new Date(Date.now() + DAY_MS);
  return {
    certificate: signed(name, own.publicKey, tomorrow(), sequence(basicConstraints(true))),
    key: pemOf(own.privateKey),
    issue(subject, until = tomorrow()) {
      const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const names = sequence(der(0x82, Buffer.from('localhost')), der(0x87, Buffer.from([127, 0, 0, 1])));
      const extensions = sequence(basicConstraints(false), sequence(oid('551d11'), der(0x04, names)));
      return { certificate: signed(subject, publicKey, until, extensions), key: pemOf(privateKey) };
    },
  };
}

/** A value in DER: its tag, its length and its bytes. */
function der(tag: number, bytes: Buffer): Buffer {
  const { length } = bytes;
  if (length < 0x80) return Buffer.concat([Buffer.from([tag, length]), bytes]);
  if (length < 0x100) return Buffer.concat([Buffer.from([tag, 0x81, length]), bytes]);
  return Buffer.concat([Buffer.from([tag, 0x82, length >> 8, length & 0xff]), bytes]);
}

function sequence(...members: readonly Buffer[]): Buffer {
  return der(0x30, Buffer.concat(members));
}

function oid(hex: string): Buffer {
  return der(0x06, Buffer.from(hex, 'hex'));
}

function nameOf(common: string): Buffer {
  return sequence(der(0x31, sequence(oid('550403'), der(0x0c, Buffer.from(common)))));
}

function utcTime(date: Date): Buffer {
  const digits = date.toISOString().replaceAll(/[-:T]/g, '').slice(2, 14);
  return der(0x17, Buffer.from(`${digits}Z`));
}

function basicConstraints(authority: boolean): Buffer {
  const critical = der(0x01, Buffer.from([0xff]));
  const value = authority ? sequence(critical) : sequence();
  return sequence(oid('551d13'), critical, der(0x04, value));
}

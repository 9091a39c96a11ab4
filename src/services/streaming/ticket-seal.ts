import { createCipheriv, createDecipheriv, createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import type { JsonValue } from '../../core/values/json.js';

interface Keys {
  readonly ofMac: Buffer;
  readonly ofText: Buffer;
}

const CIPHER = 'aes-256-ctr';
const KEY_BYTES = 32;
const MAC_BYTES = 16;
/** No ticket is longer: what a client sends beyond that is not even looked at. */
const MAX_LENGTH = 8_192;

/**
 * Seals what a ticket says, so that nobody can read or change it, nor make one, without the deployment's secret, and no server
 * has to remember it. The same content gives the same ticket on every server: the HMAC of purpose and content is also what the
 * cipher begins with (a synthetic initialization vector, the construction of RFC 5297).
 */
export class TicketSeal {
  readonly #keys: readonly [Keys, ...Keys[]];

  /** Tickets are sealed with the first of the secrets, and read by any of them. */
  constructor(secrets: readonly string[]) {
    const [first, ...others] = secrets.map(keysOf);
    if (first === undefined) throw new Error('a seal needs a secret');
    this.#keys = [first, ...others];
  }

  /** The ticket for a purpose: as text that a URL can hold. */
  seal(purpose: string, content: JsonValue): string {
    const [keys] = this.#keys;
    const text = JSON.stringify(content);
    const mac = macOf(keys, purpose, text);
    const cipher = createCipheriv(CIPHER, keys.ofText, mac);
    return Buffer.concat([mac, cipher.update(text, 'utf8'), cipher.final()]).toString('base64url');
  }

  /** The content of a ticket; undefined for one that was made for another purpose, or not by this deployment. */
  open(purpose: string, ticket: string): JsonValue | undefined {
    if (ticket.length > MAX_LENGTH) return undefined;
    const bytes = Buffer.from(ticket, 'base64url');
    const mac = bytes.subarray(0, MAC_BYTES);
    if (bytes.length <= MAC_BYTES) return undefined;
    for (const keys of this.#keys) {
      const decipher = createDecipheriv(CIPHER, keys.ofText, mac);
      const text = Buffer.concat([decipher.update(bytes.subarray(MAC_BYTES)), decipher.final()]);
      if (timingSafeEqual(mac, macOf(keys, purpose, text))) return JSON.parse(text.toString('utf8')) as JsonValue;
    }
    return undefined;
  }
}

function keysOf(secret: string): Keys {
  const derived = (use: string): Buffer =>
    Buffer.from(hkdfSync('sha256', secret, '', `latchkey ticket ${use}`, KEY_BYTES));
  return { ofMac: derived('mac'), ofText: derived('text') };
}

/** A purpose has no zero byte, so that it cannot be mistaken for the beginning of what follows. */
function macOf({ ofMac }: Keys, purpose: string, text: string | Buffer): Buffer {
  return createHmac('sha256', ofMac).update(`${purpose}\0`).update(text).digest().subarray(0, MAC_BYTES);
}

import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import type { Reader } from '../../calls/open-readers.js';

/** What a ticket opens: one user's stream as people see it. It may be used several times until it expires. */
export interface Ticket {
  readonly userId: string;
  /** Until when the stream can be opened, in epoch milliseconds. */
  readonly expiresAt: number;
  readonly reader: Reader;
}

const CIPHER = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;
const MAX_LENGTH = 2_048;

/**
 * Makes and reads tickets, with which a URL opens a stream for a short while. A ticket is encrypted: nobody can make or read
 * one without the deployment's secret, and no server has to remember it.
 */
export class StreamTickets {
  readonly #key: Buffer;

  /** Servers that have the same secret take each other's tickets. */
  constructor(secret: string) {
    this.#key = Buffer.from(hkdfSync('sha256', secret, '', 'latchkey stream ticket', 32));
  }

  seal({ userId, expiresAt, reader }: Ticket): string {
    const { tokenId, organizationId, endsAt } = reader;
    const content = JSON.stringify([
      1,
      userId,
      expiresAt,
      tokenId,
      organizationId,
      endsAt === Infinity ? null : endsAt,
    ]);
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv(CIPHER, this.#key, iv);
    const sealed = Buffer.concat([iv, cipher.update(content, 'utf8'), cipher.final()]);
    return Buffer.concat([sealed, cipher.getAuthTag()]).toString('base64url');
  }

  /** The content of a ticket; undefined for one that has expired, or that no server of this deployment made. */
  open(ticket: string, now: number): Ticket | undefined {
    const content = this.#unseal(ticket);
    if (content === undefined) return undefined;
    const [format, userId, expiresAt, tokenId, organizationId, endsAt] = content;
    if (format !== 1 || typeof expiresAt !== 'number' || expiresAt <= now) return undefined;
    const reader = {
      people: true,
      tokenId: String(tokenId),
      organizationId: String(organizationId),
      endsAt: typeof endsAt === 'number' ? endsAt : Infinity,
    };
    return { userId: String(userId), expiresAt, reader };
  }

  #unseal(ticket: string): readonly unknown[] | undefined {
    const bytes = Buffer.from(ticket.slice(0, MAX_LENGTH), 'base64url');
    if (bytes.length <= IV_BYTES + TAG_BYTES) return undefined;
    const end = bytes.length - TAG_BYTES;
    const decipher = createDecipheriv(CIPHER, this.#key, bytes.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES });
    decipher.setAuthTag(bytes.subarray(end));
    try {
      const text = decipher.update(bytes.subarray(IV_BYTES, end), undefined, 'utf8') + decipher.final('utf8');
      const content: unknown = JSON.parse(text);
      return Array.isArray(content) ? (content as readonly unknown[]) : undefined;
    } catch {
      return undefined;
    }
  }
}

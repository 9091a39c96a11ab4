import type { Reader } from '../../calls/open-readers.js';
import type { TicketSeal } from './ticket-seal.js';

/** What a ticket opens: one user's stream as people see it. It may be used several times until it expires. */
export interface Ticket {
  readonly userId: string;
  /** Until when the stream can be opened, in epoch milliseconds. */
  readonly expiresAt: number;
  readonly reader: Reader;
}

const PURPOSE = 'stream';

/** Makes and reads tickets, with which a URL opens a stream for a short while. */
export class StreamTickets {
  readonly #seal: TicketSeal;

  constructor(seal: TicketSeal) {
    this.#seal = seal;
  }

  seal({ userId, expiresAt, reader }: Ticket): string {
    const { tokenId, organizationId, endsAt } = reader;
    return this.#seal.seal(PURPOSE, [userId, expiresAt, tokenId, organizationId, endsAt === Infinity ? null : endsAt]);
  }

  /** The content of a ticket; undefined for one that has expired, or that no server of this deployment made. */
  open(ticket: string, now: number): Ticket | undefined {
    const content = this.#seal.open(PURPOSE, ticket);
    if (!Array.isArray(content)) return undefined;
    const [userId, expiresAt, tokenId, organizationId, endsAt] = content as readonly unknown[];
    if (typeof expiresAt !== 'number' || expiresAt <= now) return undefined;
    const reader = {
      people: true,
      tokenId: String(tokenId),
      organizationId: String(organizationId),
      endsAt: typeof endsAt === 'number' ? endsAt : Infinity,
    };
    return { userId: String(userId), expiresAt, reader };
  }
}

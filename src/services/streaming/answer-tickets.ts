import { type Caller, isVisitor, type Machine, type Person } from '../../calls/caller.js';
import type { Clock } from '../../calls/clock.js';
import type { JsonObject, JsonValue } from '../../core/values/json.js';
import { MINUTE_MS } from '../../core/values/time/time.js';
import type { Authentication } from '../tokens/authentication.js';
import type { TicketSeal } from './ticket-seal.js';

/** For how long everybody who asks the same is given the same ticket. */
export const TICKET_EPOCH_MS = 5 * MINUTE_MS;
/** How many epochs a ticket lives, the one in which it is given included. */
const EPOCHS = 3;
/** A longer ticket would not fit into the URLs that proxies take. */
const MAX_LENGTH = 4_096;

/** What a ticket says: whose answer its stream watches. */
export interface AnswerTicket {
  readonly caller: Caller;
  /** The evaluation context that was sent. */
  readonly context: JsonObject;
  /** A mark of the answer that the ticket came with: another answer has another mark. */
  readonly mark: string;
  /** Until when it opens a stream, and the stream lasts, in epoch milliseconds. */
  readonly expiresAt: number;
}

export interface AnswerTicketsOptions {
  readonly seal: TicketSeal;
  readonly clock: Clock;
  readonly authentication: Pick<Authentication, 'isGood'>;
}

const PURPOSE = 'answers';

/**
 * Tickets for streams that tell when an answer has changed. Within one epoch the same caller is given the same ticket for the same
 * answer, by every server, so that the answer with its ticket can be told to be the same as before.
 */
export class AnswerTickets {
  readonly #options: AnswerTicketsOptions;

  constructor(options: AnswerTicketsOptions) {
    this.#options = options;
  }

  /** The clock by which tickets expire, in epoch milliseconds. */
  now(): number {
    return this.#options.clock.now();
  }

  /** A ticket for the present epoch; undefined for a caller who can have no stream, and for a context too large for a URL. */
  ticket(caller: Caller, context: JsonObject, mark: string): string | undefined {
    const said = sayCaller(caller);
    if (said === undefined) return undefined;
    const ownEnd = caller.kind === 'person' ? (caller.expiresAt ?? Infinity) : Infinity;
    const epoch = Math.floor(this.now() / TICKET_EPOCH_MS);
    const expiresAt = Math.min((epoch + EPOCHS) * TICKET_EPOCH_MS, ownEnd);
    const ticket = this.#options.seal.seal(PURPOSE, [said, context, mark, expiresAt]);
    return ticket.length > MAX_LENGTH ? undefined : ticket;
  }

  /**
   * What a ticket says whose token is good still; undefined for any other. Another server may have made it for a token that is not known
   * here yet: then the store is asked, which may reject with `StoreUnavailable`.
   */
  async find(ticket: string): Promise<AnswerTicket | undefined> {
    const said = this.read(ticket);
    if (said?.caller.kind !== 'machine') return said;
    return (await this.#options.authentication.isGood(said.caller.tokenId)) ? said : undefined;
  }

  /** What a ticket says, be its token good or not; undefined for one that has expired, or that this deployment did not make. */
  read(ticket: string): AnswerTicket | undefined {
    const content = this.#options.seal.open(PURPOSE, ticket);
    if (!Array.isArray(content)) return undefined;
    const [said, context, mark, expiresAt] = content as unknown as [JsonValue, JsonObject, string, number];
    const caller = callerSaid(said);
    if (expiresAt <= this.now() || caller === undefined) return undefined;
    return { caller, context, mark, expiresAt };
  }
}

/** A caller as a ticket says it: a machine with nothing but the right to evaluate. Undefined for one who can have no stream. */
function sayCaller(caller: Caller): JsonValue | undefined {
  switch (caller.kind) {
    case 'machine':
      return [caller.kind, caller.tokenId, caller.organizationId];
    case 'person':
      // Anybody can be a visitor, as often as they like, and streams last.
      if (isVisitor(caller)) return undefined;
      // With all that says who it is: members that are undefined are left out of JSON.
      return [caller.kind, { ...caller } as unknown as JsonObject];
    default:
      return undefined;
  }
}

function callerSaid(said: JsonValue): Machine | Person | undefined {
  const [kind, who, organizationId] = said as readonly unknown[];
  if (kind === 'person') return who as Person;
  if (kind !== 'machine') return undefined;
  return { kind, tokenId: String(who), scopes: new Set(['evaluate']), organizationId: String(organizationId) };
}

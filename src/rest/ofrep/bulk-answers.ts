import { hash } from 'node:crypto';
import { actorOf, type Call, isVisitor, overridesOf } from '../../calls/caller.js';
import { LatchkeyError } from '../../calls/errors.js';
import { CallRate } from '../../calls/limits/call-rate.js';
import type { JsonObject } from '../../core/values/json.js';
import type { Resolution } from '../../openfeature/resolution.js';
import type { OpenFeatureResolver } from '../../openfeature/resolver.js';
import type { AnswerTickets } from '../../services/streaming/answer-tickets.js';
import { etagOf, isEtag } from '../server/etag.js';
import { resolutionJson } from './ofrep-json.js';

export interface BulkAnswersOptions {
  readonly resolver: Pick<OpenFeatureResolver, 'resolveAll' | 'targetOf'>;
  readonly tickets: Pick<AnswerTickets, 'ticket'>;
  /** What all paths of the server begin with: '' or like `/flags`. */
  readonly basePath: string;
}

/** All flags of one caller and context, as they are told. */
export interface BulkAnswer {
  /** The body, as JSON. */
  readonly text: string;
  /** A hash of the body. It changes with the flags, and with the ticket in it. */
  readonly etag: string;
  /** Changes with the flags alone. */
  readonly mark: string;
  /** Whether the store was away, so that the answer may not be what it should be. */
  readonly stale: boolean;
  /** Whether the call has decided flags by itself. */
  readonly overridden: boolean;
  /** When time alone may next change the answer, in epoch milliseconds; Infinity: it cannot. */
  readonly validUntil: number;
}

/** How an answer is made; by default from what is held, with the address of a stream. */
export interface BulkAsked {
  /** From what is stored, and not from what is held of it. */
  readonly full?: boolean;
  /** For a client that knows no streams. */
  readonly streamless?: boolean;
}

export const STREAM_PATH = '/ofrep/v1/stream';
/** How long clients keep their streams open that nobody looks at, like pages in the background. */
const INACTIVITY_SECONDS = 120;
const MARK_LENGTH = 16;
/** How many times a minute the answer of one caller for one user is made from what is stored, since a stream is said to have told of it. */
const READS_PER_MINUTE = 60;

/** Answers for all flags at once, each with the address of a stream that tells when it has changed. */
export class BulkAnswers {
  readonly #options: BulkAnswersOptions;
  readonly #reads = new CallRate(READS_PER_MINUTE);

  constructor(options: BulkAnswersOptions) {
    this.#options = options;
  }

  /** Without a promise when the states are cached. Throws what {@link OpenFeatureResolver} throws. */
  answer(call: Call, context: JsonObject, asked: BulkAsked = {}): BulkAnswer | Promise<BulkAnswer> {
    const resolutions = this.#options.resolver.resolveAll(call, context, undefined, asked.full === true);
    const tell = (all: readonly Resolution[]) => this.#told(call, context, all, asked.streamless === true);
    return resolutions instanceof Promise ? resolutions.then(tell) : tell(resolutions);
  }

  /**
   * The answer for a client that a stream has told of one with this ETag. Where this server would answer otherwise, it may not have heard
   * yet of what the server with the stream knows: it reads what is stored. Anybody may say that they were told, so that this is done so
   * often for each caller and user, and never for visitors, who have no streams.
   */
  async answerTold(call: Call, context: JsonObject, toldEtag: string): Promise<BulkAnswer> {
    const answer = await this.answer(call, context);
    if (answer.etag === toldEtag || !isEtag(toldEtag) || isVisitor(call.caller)) return answer;
    const { userId } = this.#options.resolver.targetOf(call, context);
    if (!this.#reads.tryTake(`${actorOf(call.caller)} ${userId}`)) return answer;
    try {
      return await this.answer(call, context, { full: true });
    } catch (error) {
      if (error instanceof LatchkeyError && error.code === 'UNAVAILABLE') return answer;
      throw error;
    }
  }

  #told({ caller }: Call, context: JsonObject, resolutions: readonly Resolution[], streamless: boolean): BulkAnswer {
    const flags = JSON.stringify(resolutions.map((each) => resolutionJson(each)));
    const mark = hash('sha256', flags, 'base64url').slice(0, MARK_LENGTH);
    // A stream tells of changes of what is decided, which the call's own decisions are not.
    const overridden = overridesOf(caller) !== undefined;
    const ticket = overridden || streamless ? undefined : this.#options.tickets.ticket(caller, context, mark);
    // Without an origin clients take that of the address that they were given, which is right behind any proxy.
    const requestUri = `${this.#options.basePath}${STREAM_PATH}?ticket=${ticket}`;
    const stream = { type: 'sse', endpoint: { requestUri }, inactivityDelaySec: INACTIVITY_SECONDS };
    const text =
      ticket === undefined ? `{"flags":${flags}}` : `{"flags":${flags},"eventStreams":[${JSON.stringify(stream)}]}`;
    const ends = resolutions.map(({ metadata }) => Date.parse(String(metadata.valid_until))).filter(Number.isFinite);
    return {
      text,
      etag: etagOf(text),
      mark,
      stale: resolutions.some(({ metadata }) => metadata.stale === true),
      overridden,
      validUntil: Math.min(Infinity, ...ends),
    };
  }
}

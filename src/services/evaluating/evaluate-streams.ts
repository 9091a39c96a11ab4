import type { Call } from '../../calls/caller.js';
import { type LatchkeyError, limited } from '../../calls/errors.js';
import { type OpenReader, type OpenReaders, readerOf, tokenEnded } from '../../calls/open-readers.js';
import { authorize } from '../../calls/permissions.js';
import { AnswerRoom, MAX_BYTES_PER_MESSAGE } from './answer-room.js';
import { MAX_DECISIONS_PER_CALL } from './decide-targets.js';
import type { EvaluateInput, Evaluator } from './evaluation.js';
import type { Evaluated } from './target-views.js';

/** An open stream on which a caller asks for decisions. */
export interface OpenEvaluations {
  /**
   * The decisions in the order of the requests: without a promise when all states are cached. Rejects, or throws, as `evaluate`
   * does, and with LIMITED for too many.
   */
  decide(asks: readonly EvaluateInput[]): readonly Evaluated[] | Promise<readonly Evaluated[]>;
  /** The caller has gone. */
  close(): void;
}

export interface EvaluateStreamsOptions {
  readonly evaluation: Pick<Evaluator, 'evaluateEach'>;
  readonly readers: OpenReaders;
}

/** Streams on which callers ask for decisions. */
export class EvaluateStreams {
  readonly #options: EvaluateStreamsOptions;
  readonly #open = new Set<OpenReader>();

  constructor(options: EvaluateStreamsOptions) {
    this.#options = options;
  }

  /** How many are open now. */
  get size(): number {
    return this.#open.size;
  }

  /** Opens one; `end` is called when the caller's token has ended. Throws LIMITED when too many streams are open. */
  open(call: Call, end: (failure: LatchkeyError) => void): OpenEvaluations {
    authorize(call, 'EvaluateStream');
    const { readers, evaluation } = this.#options;
    const stream: OpenReader = {
      reader: readerOf(call),
      end: () => end(tokenEnded()),
    };
    readers.requireRoom(stream);
    this.#open.add(stream);
    readers.add(stream);
    return {
      decide: (asks) => decide(evaluation, call, asks),
      close: () => {
        this.#open.delete(stream);
        readers.delete(stream);
      },
    };
  }
}

function decide(
  evaluation: Pick<Evaluator, 'evaluateEach'>,
  call: Call,
  asks: readonly EvaluateInput[],
): readonly Evaluated[] | Promise<readonly Evaluated[]> {
  if (asks.length > MAX_DECISIONS_PER_CALL) {
    throw limited(`${asks.length} requests; a message has at most ${MAX_DECISIONS_PER_CALL}: split it`);
  }
  if (asks.some(({ consistencyToken, full }) => full || consistencyToken !== '')) {
    return decideByGroups(evaluation, call, asks);
  }
  const evaluated = evaluation.evaluateEach(call, asks, { consistencyToken: '', full: false });
  return evaluated instanceof Promise ? evaluated.then(withinRoom) : withinRoom(evaluated);
}

/** One group after the other: each may wait for the state that its token stands for, and asks the store meanwhile. */
async function decideByGroups(
  evaluation: Pick<Evaluator, 'evaluateEach'>,
  call: Call,
  asks: readonly EvaluateInput[],
): Promise<readonly Evaluated[]> {
  const groups = Map.groupBy(asks.keys(), (i) => `${asks[i]!.full} ${asks[i]!.consistencyToken}`);
  const results = new Array<Evaluated>(asks.length);
  const room = roomOfMessage();
  for (const places of groups.values()) {
    const { consistencyToken, full } = asks[places[0]!]!;
    const group = places.map((place) => asks[place]!);
    const evaluated = await evaluation.evaluateEach(call, group, { consistencyToken, full });
    for (const [i, place] of places.entries()) {
      results[place] = evaluated[i]!;
      room.take(evaluated[i]!.decision.value);
    }
  }
  return results;
}

const roomOfMessage = (): AnswerRoom =>
  new AnswerRoom(MAX_BYTES_PER_MESSAGE, 'split the message into some with fewer requests');

function withinRoom(evaluated: readonly Evaluated[]): readonly Evaluated[] {
  const room = roomOfMessage();
  for (const { decision } of evaluated) room.take(decision.value);
  return evaluated;
}

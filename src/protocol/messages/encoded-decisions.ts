import type { Decision } from '../../core/deciding/decision.js';
import type { Evaluated } from '../../services/evaluating/target-views.js';
import { EvaluateResponse } from '../gen/latchkey/v1/evaluation.js';
import { decisionMessage } from './decision-message.js';
import { instant } from './fields.js';
import { fieldHead, inOnePiece, NOTHING } from './pieces.js';

/**
 * The tag of a decision within an answer that has several: `decisions` of a BatchEvaluateResult and `results` of an
 * EvaluateStreamResponse are both field 2, length-delimited.
 */
const REPEATED_TAG = 18;

interface Entry {
  readonly decision: Decision;
  /** The EvaluateResponse without valid_until. */
  readonly message: Uint8Array;
  /** What of it comes before valid_until, and what after. */
  readonly before: Uint8Array;
  readonly after: Uint8Array;
  /** The message as one of several in an answer. */
  readonly member: Uint8Array;
}

/** How many different decisions of one flag are held. */
const MAX_PER_FLAG = 16;
/** Decisions with larger values are encoded each time: to encode them costs little beside sending them. */
const MAX_ENTRY_BYTES = 4 * 1024;
/** What the bytes of all that is held may take, each with this much around it. */
const MAX_BYTES = 32 * 1024 * 1024;
const ENTRY_OVERHEAD = 512;

/**
 * Decisions as encoded EvaluateResponses. A flag has few different decisions, which repeat for very many users but for the instant
 * until which they are valid: each is encoded once. What is held is found again by everything that the bytes depend on, so that it
 * needs no notice of changed flags. The bytes are for copying from, and for nobody to write to.
 */
export class EncodedDecisions {
  #byFlag = new Map<string, Entry[]>();
  #bytes = 0;
  /** What was encoded last of instants: many decisions about one user have the same. */
  #until: { readonly at: number; readonly field: Uint8Array } = { at: Number.NaN, field: NOTHING };

  /** The bytes of an EvaluateResponse. */
  message(evaluated: Evaluated): Uint8Array {
    const entry = this.#held(evaluated);
    if (entry === undefined) return EvaluateResponse.encode(decisionMessage(evaluated)).finish();
    const { validUntil } = evaluated.decision;
    if (validUntil === undefined) return entry.message;
    return inOnePiece([entry.before, this.#untilField(validUntil), entry.after]);
  }

  /** The bytes of one of the decisions of a batch's result, or of the results of a stream's answer. */
  member(evaluated: Evaluated): Uint8Array {
    const entry = this.#held(evaluated);
    if (entry === undefined) return asMember([EvaluateResponse.encode(decisionMessage(evaluated)).finish()]);
    const { validUntil } = evaluated.decision;
    if (validUntil === undefined) return entry.member;
    return asMember([entry.before, this.#untilField(validUntil), entry.after]);
  }

  #untilField(validUntil: number): Uint8Array {
    if (this.#until.at !== validUntil) {
      // A message that has nothing else.
      const field = EvaluateResponse.encode({ ...EMPTY, validUntil: instant(validUntil) }).finish();
      this.#until = { at: validUntil, field };
    }
    return this.#until.field;
  }

  #held(evaluated: Evaluated): Entry | undefined {
    const { decision, stale } = evaluated;
    // What is left differs from user to user.
    if (stale || decision.usage !== undefined || decision.reason === 'FLAG_NOT_FOUND') return undefined;
    const entries = this.#byFlag.get(decision.flagKey);
    if (entries !== undefined) for (const entry of entries) if (isSame(entry.decision, decision)) return entry;
    return this.#encode(evaluated, entries);
  }

  #encode(evaluated: Evaluated, entries: Entry[] | undefined): Entry | undefined {
    const { decision } = evaluated;
    const untimed = { ...decisionMessage(evaluated), validUntil: undefined };
    const message = EvaluateResponse.encode(untimed).finish();
    const after = EvaluateResponse.encode({ ...EMPTY, flagVersion: decision.flagVersion }).finish();
    const before = message.subarray(0, message.length - after.length);
    // Short pieces share memory with others, which must not live as long as this.
    const member = Uint8Array.from(asMember([message]));
    const entry = { decision, message, before, after, member };
    if (member.length > MAX_ENTRY_BYTES) return entry;
    this.#bytes += 2 * member.length + ENTRY_OVERHEAD;
    if (this.#bytes > MAX_BYTES) {
      this.#byFlag = new Map();
      this.#bytes = 0;
    }
    // Those of another version will hardly be asked for again.
    const kept = entries?.filter((other) => other.decision.flagVersion === decision.flagVersion) ?? [];
    this.#byFlag.set(decision.flagKey, kept.length < MAX_PER_FLAG ? [...kept, entry] : [entry]);
    return entry;
  }
}

function asMember(message: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const piece of message) length += piece.length;
  return inOnePiece([fieldHead(REPEATED_TAG, length), ...message]);
}

const EMPTY = EvaluateResponse.decode(new Uint8Array(0));

/**
 * Whether two decisions are the same but for the instant until which they are valid. Values are the snapshot's, of which each is
 * one object.
 */
function isSame(a: Decision, b: Decision): boolean {
  return (
    a === b ||
    (a.flagVersion === b.flagVersion &&
      a.reason === b.reason &&
      a.variant === b.variant &&
      a.ruleId === b.ruleId &&
      a.enabled === b.enabled &&
      Object.is(a.value, b.value))
  );
}

/** Those of this process: the RPCs that give decisions share them. */
export const encodedDecisions = new EncodedDecisions();

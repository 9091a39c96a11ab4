import { BinaryWriter } from '@bufbuild/protobuf/wire';
import type { Decision } from '../../core/deciding/decision.js';
import type { Evaluated } from '../../services/evaluating/target-views.js';
import { EvaluateResponse } from '../gen/latchkey/v1/evaluation.js';
import { decisionMessage } from './decision-message.js';

/**
 * The tag of a decision within an answer that has several: `decisions` of a BatchEvaluateResult and `results` of an
 * EvaluateStreamResponse are both field 2, length-delimited.
 */
const REPEATED_TAG = 18;

interface Entry {
  readonly decision: Decision;
  readonly member: Uint8Array;
  readonly message: Uint8Array;
}

/** How many different decisions of one flag are held. */
const MAX_PER_FLAG = 16;
/** Decisions with larger values are encoded each time: to encode them costs little beside sending them. */
const MAX_ENTRY_BYTES = 4 * 1024;
/** What the bytes of all that is held may take, each with this much around it. */
const MAX_BYTES = 32 * 1024 * 1024;
const ENTRY_OVERHEAD = 256;

/**
 * Decisions as encoded EvaluateResponses. A flag has few different decisions, and those that no time bounds repeat for very many
 * users: each is encoded once. What is held is found again by everything that the bytes depend on, so that it needs no notice of
 * changed flags. The bytes are for copying from, and for nobody to write to.
 */
export class EncodedDecisions {
  #byFlag = new Map<string, Entry[]>();
  #bytes = 0;

  /** The bytes of an EvaluateResponse. */
  message(evaluated: Evaluated): Uint8Array {
    return this.#held(evaluated)?.message ?? EvaluateResponse.encode(decisionMessage(evaluated)).finish();
  }

  /** The bytes of one of the decisions of a batch's result, or of the results of a stream's answer. */
  member(evaluated: Evaluated): Uint8Array {
    return this.#held(evaluated)?.member ?? asMember(EvaluateResponse.encode(decisionMessage(evaluated)).finish());
  }

  /** Several of them, one after the other. */
  members(all: readonly Evaluated[]): Uint8Array {
    return Buffer.concat(all.map((evaluated) => this.member(evaluated)));
  }

  #held(evaluated: Evaluated): Entry | undefined {
    const { decision, stale } = evaluated;
    if (stale || decision.validUntil !== undefined || decision.reason === 'FLAG_NOT_FOUND') return undefined;
    const entries = this.#byFlag.get(decision.flagKey);
    if (entries !== undefined) for (const entry of entries) if (isSame(entry.decision, decision)) return entry;
    return this.#encode(evaluated, entries);
  }

  #encode(evaluated: Evaluated, entries: Entry[] | undefined): Entry | undefined {
    const { decision } = evaluated;
    const message = EvaluateResponse.encode(decisionMessage(evaluated)).finish();
    const member = asMember(message);
    const entry = { decision, member, message };
    if (member.length > MAX_ENTRY_BYTES) return entry;
    this.#bytes += member.length + message.length + ENTRY_OVERHEAD;
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

function asMember(message: Uint8Array): Uint8Array {
  return new BinaryWriter().uint32(REPEATED_TAG).bytes(message).finish();
}

/** Whether two decisions that no time bounds are the same. Values are the snapshot's, of which each is one object. */
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

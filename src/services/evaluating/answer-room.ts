import { limited } from '../../calls/errors.js';
import type { JsonValue } from '../../core/values/json.js';

const MIB = 2 ** 20;

/** The most that the values of one answer may take: of a batch, a list of flags or of requirements. */
export const MAX_BYTES_PER_ANSWER = 16 * MIB;
/** Likewise of one message of `EvaluateStream`, of which sixteen may be under way: as much as most clients take at once. */
export const MAX_BYTES_PER_MESSAGE = 4 * MIB;

/** What to do where a list that nobody can split is too large. */
export const LARGE_FLAGS =
  'give flags smaller values, such as the address of large content, or set client_visible to false where nobody needs them';

/**
 * The room for the values of one answer. Decisions share their values, so that very many of a large one take no memory: not before
 * they are encoded, each by itself, into one buffer. So they are counted while they are decided.
 */
export class AnswerRoom {
  readonly #maxBytes: number;
  readonly #advice: string;
  #taken = 0;

  /** @param advice what whoever asked for too much should do */
  constructor(maxBytes: number, advice: string) {
    this.#maxBytes = maxBytes;
    this.#advice = advice;
  }

  /** What the values take that were counted. */
  get taken(): number {
    return this.#taken;
  }

  /** Counts a value. Throws LIMITED once all values take more than there is room for. */
  take(value: JsonValue): void {
    this.#taken += bytesOf(value);
    if (this.#taken <= this.#maxBytes) return;
    throw limited(`the values of this answer take more than ${this.#maxBytes / MIB} MiB; ${this.#advice}`);
  }
}

/** What each value in a list or an object takes in protobuf beside what it takes as JSON, at most. */
const BYTES_PER_NODE = 12;

/** The values of flags are objects of a snapshot, which stay as they are. */
const measured = new WeakMap<object, number>();

/** About how many bytes a value takes in an answer, in whichever form; 0 for what is no larger than any decision. */
export function bytesOf(value: JsonValue): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (typeof value !== 'object' || value === null) return 0;
  const known = measured.get(value);
  if (known !== undefined) return known;
  const bytes = Buffer.byteLength(JSON.stringify(value)) + BYTES_PER_NODE * nodesIn(value);
  measured.set(value, bytes);
  return bytes;
}

function nodesIn(value: JsonValue): number {
  if (typeof value !== 'object' || value === null) return 1;
  return Object.values(value).reduce<number>((sum, member) => sum + nodesIn(member as JsonValue), 1);
}

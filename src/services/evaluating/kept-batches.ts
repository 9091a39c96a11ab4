import { LRUCache } from 'lru-cache';
import type { Subject } from '../../core/deciding/subject.js';
import type { Snapshot } from '../../core/snapshot/snapshot.js';
import type { Evaluated, TargetView } from './target-views.js';

/** Decisions for one target. */
export interface Decided {
  readonly userId: string;
  readonly decisions: readonly Evaluated[];
  /** Present where the same object may be given again: for what its reader makes of the decisions. */
  readonly again?: { encoded: Uint8Array | undefined };
}

/** What all that is kept may take in memory, about. */
const MAX_BYTES = 32 * 2 ** 20;
/** What keeping an answer takes whatever is in it, with a user's state that may have been replaced; and each of its decisions. */
const KEEPING_BYTES = 1_000;
const BYTES_PER_DECISION = 64;
/** How many lists of keys are known again: services ask for the same flags all the time. */
const MAX_LISTS = 16;

/**
 * The last batch of each user who was asked about lately, for whoever asks again while all that it rests on is the same: the
 * snapshot, the states, the flags, in a time that changes none of the decisions. What is given then is what would be decided again, but
 * that it may tell an earlier instant until which a decision is valid at least. States are read again after some seconds, so that
 * nothing is given for longer than that.
 */
export class KeptBatches {
  readonly #kept = new LRUCache<string, KeptBatch>({
    maxSize: MAX_BYTES,
    sizeCalculation: ({ keys }) => KEEPING_BYTES + BYTES_PER_DECISION * keys.length,
  });
  #lists: (readonly string[])[] = [];

  /** Where the decisions of these flags are kept, by a view without overrides. */
  of({ snapshot, subject }: TargetView, asked: readonly string[]): KeptBatch {
    const keys = this.#listOf(asked);
    const { id } = subject.user;
    const known = this.#kept.get(id);
    if (known !== undefined && known.snapshot === snapshot && known.subject === subject && known.keys === keys) {
      return known;
    }
    const added = new KeptBatch(snapshot, subject, keys);
    this.#kept.set(id, added);
    return added;
  }

  /** The list of the same keys that was asked for before. */
  #listOf(asked: readonly string[]): readonly string[] {
    const place = this.#lists.findIndex((list) => isSameList(list, asked));
    if (place === 0) return this.#lists[0]!;
    const list = place < 0 ? asked : this.#lists[place]!;
    this.#lists = [list, ...this.#lists.filter((other) => other !== list)].slice(0, MAX_LISTS);
    return list;
  }
}

export class KeptBatch {
  readonly snapshot: Snapshot;
  readonly subject: Subject;
  readonly keys: readonly string[];
  #asks = 0;
  #answer: Decided | undefined;
  /** From when until when time changes nothing of the answer: epoch milliseconds, the end not included. */
  #from = 0;
  #until = 0;

  constructor(snapshot: Snapshot, subject: Subject, keys: readonly string[]) {
    this.snapshot = snapshot;
    this.subject = subject;
    this.keys = keys;
  }

  /** The answer at an instant, if there is one. */
  find(now: number): Decided | undefined {
    this.#asks++;
    return now >= this.#from && now < this.#until ? this.#answer : undefined;
  }

  /** Keeps what was decided by the view where it was asked for before: most may be asked for once. Gives the answer to give. */
  keep(answer: Decided, view: TargetView, valueBytes: number): Decided {
    if (this.#asks < 2 || valueBytes > BYTES_PER_DECISION * this.keys.length) return answer;
    let until = Number.POSITIVE_INFINITY;
    for (const { decision, stale } of answer.decisions) {
      if (stale) return answer;
      if (decision.validUntil !== undefined) until = Math.min(until, decision.validUntil);
    }
    this.#answer = { ...answer, again: { encoded: undefined } };
    this.#from = view.now;
    this.#until = until;
    return this.#answer;
  }
}

function isSameList(one: readonly string[], other: readonly string[]): boolean {
  if (one === other) return true;
  if (one.length !== other.length) return false;
  for (let i = 0; i < one.length; i++) if (one[i] !== other[i]) return false;
  return true;
}

import type { Snapshot } from '../../core/snapshot/snapshot.js';
import { AnswerRoom, LARGE_FLAGS, MAX_BYTES_PER_ANSWER } from './answer-room.js';
import { type Tally, talliesOf } from './tallies.js';
import type { Evaluated } from './target-views.js';

/** The decisions for one target, as people are told, with the configuration that they were made by. */
export interface Listed {
  readonly snapshot: Snapshot;
  /** One for each of the snapshot's visible flags, in their order. */
  readonly evaluated: readonly Evaluated[];
}

/** What a door makes of decisions that may be told again. */
export interface ToldAnswer {
  /** About what it takes in memory, without what answers share. */
  readonly bytes: number;
}

/** How a door tells lists. A form is one object for all lists that are told in it. */
export interface ListForm<T extends ToldAnswer> {
  /** Whether flags that are off are told, too. */
  readonly all: boolean;
  /** What is told. It says nothing but what follows from the list, and is never changed: it may be told again. */
  tell(listed: Listed): T;
}

/** A list as it is told, and what was decided for it: how often with which reason. */
export interface ListAnswer<T> {
  readonly told: T;
  readonly tallies: readonly Tally[];
}

/** Tells a list. Throws LIMITED where its values take more than an answer may. */
export function tell<T extends ToldAnswer>(listed: Listed, form: ListForm<T>): ListAnswer<T> {
  const room = new AnswerRoom(MAX_BYTES_PER_ANSWER, LARGE_FLAGS);
  for (const { decision } of listed.evaluated) if (decision.enabled || form.all) room.take(decision.value);
  return { told: form.tell(listed), tallies: talliesOf(listed.evaluated) };
}

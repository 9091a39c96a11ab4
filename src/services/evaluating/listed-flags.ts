import type { Reason } from '../../core/deciding/decision.js';
import type { Snapshot } from '../../core/snapshot/snapshot.js';
import { AnswerRoom, LARGE_FLAGS, MAX_BYTES_PER_ANSWER } from './answer-room.js';
import type { Evaluated } from './target-views.js';

/** The decisions for one target, as people are told, with the configuration that they were made by. */
export interface Listed {
  readonly snapshot: Snapshot;
  /** One for each of the snapshot's visible flags, in their order. */
  readonly evaluated: readonly Evaluated[];
}

/** What a door makes of a list. */
export interface ToldList {
  /** About what it takes in memory, without what lists share. */
  readonly bytes: number;
}

/** How a door tells lists. A form is one object for all lists that are told in it. */
export interface ListForm<T extends ToldList> {
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

export interface Tally {
  readonly reason: Reason;
  readonly stale: boolean;
  readonly decisions: number;
}

/** Tells a list. Throws LIMITED where its values take more than an answer may. */
export function tell<T extends ToldList>(listed: Listed, form: ListForm<T>): ListAnswer<T> {
  const room = new AnswerRoom(MAX_BYTES_PER_ANSWER, LARGE_FLAGS);
  for (const { decision } of listed.evaluated) if (decision.enabled || form.all) room.take(decision.value);
  return { told: form.tell(listed), tallies: talliesOf(listed.evaluated) };
}

function talliesOf(evaluated: readonly Evaluated[]): readonly Tally[] {
  const tallies: { -readonly [member in keyof Tally]: Tally[member] }[] = [];
  let last = tallies[0];
  for (const { decision, stale } of evaluated) {
    const { reason } = decision;
    if (last === undefined || last.reason !== reason || last.stale !== stale) {
      last = tallies.find((tally) => tally.reason === reason && tally.stale === stale);
      if (last === undefined) {
        last = { reason, stale, decisions: 0 };
        tallies.push(last);
      }
    }
    last.decisions++;
  }
  return tallies;
}

import { UncountableEvent } from '../../core/counting/uncountable-event.js';
import type { Snapshot } from '../../core/snapshot/snapshot.js';
import type { EventName } from '../../core/states/ledger.js';
import type { Earner, UserState } from '../../core/states/user-state.js';
import type { EventKey, NewEvent, StoredEvent } from '../../store/event-store.js';
import type { Transaction } from '../../store/store.js';
import type { HappenedTo } from '../../unlocking/judge-events.js';
import { faultOfReversal, isForgotten, reverseEvent } from '../../unlocking/reverse-event.js';

/** By user, or organization. */
export type EventsBySubject = ReadonlyMap<string, readonly NewEvent[]>;

export interface RoundOptions {
  readonly earner: Earner;
  readonly subjects: Transaction['users'] | Transaction['earners'];
  readonly states: ReadonlyMap<string, UserState>;
  readonly snapshot: Snapshot;
  readonly retentionDays: number;
  /** All events that occurred from this instant on are kept. */
  readonly keptFrom: number;
}

/** Users to whom events happened, and those of the events that count as nothing. */
export function happenedTo(states: ReadonlyMap<string, UserState>, byUser: EventsBySubject) {
  const happened: HappenedTo[] = [];
  const uncounted: NewEvent[] = [];
  for (const [userId, own] of byUser) {
    const before = states.get(userId)!;
    // Events from before their user, or organization, was deleted must not bring it back, and are not kept.
    const events = before.deletedAt === undefined ? own : own.filter((event) => event.occurredAt > before.deletedAt!);
    if (events.length < own.length) uncounted.push(...own.filter((event) => !events.includes(event)));
    if (events.length > 0) happened.push({ before, events });
  }
  return { happened, uncounted };
}

interface Plan {
  /** What is to be counted of each user: events, and reversals of such as have counted when it is their turn. */
  readonly rest: Map<string, readonly NewEvent[]>;
  /** Reversals by which nothing changes that was counted. */
  readonly settling: readonly NewEvent[];
  /** Those of them from before their user was deleted. */
  readonly uncounted: readonly NewEvent[];
}

/**
 * Looks at what reversals name. An original that has not counted when it is the reversal's turn never will: it is left out, or
 * forestalled. One that was reversed is so already. Throws for a reversal of what cannot be taken back.
 */
export async function planReversals(tx: Transaction, byUser: EventsBySubject, options: RoundOptions): Promise<Plan> {
  const { states } = options;
  const reversing = [...byUser.values()].flat().filter(({ reverses }) => reverses !== undefined);
  const stored = await tx.inbox.stored(reversing.map(nameOfOriginal));
  const originals = new Map(reversing.map((event, i) => [event, stored[i]]));
  const rest = new Map<string, readonly NewEvent[]>();
  const [settling, uncounted, uncome]: readonly [NewEvent[], NewEvent[], EventKey[]] = [[], [], []];
  const absent: (EventKey & { readonly receivedAt: number })[] = [];
  for (const [userId, events] of byUser) {
    const { deletedAt = Number.NEGATIVE_INFINITY } = states.get(userId)!;
    const [before, reversed, waiting] = [new Set<string>(), new Set<string>(), new Set<string>()];
    const kept: NewEvent[] = [];
    for (const event of events) {
      const original = originals.get(event);
      if (event.reverses === undefined) {
        if (!reversed.has(textOf(event))) kept.push(event);
      } else if (event.occurredAt <= deletedAt) {
        settling.push(event);
        uncounted.push(event);
      } else {
        if (original !== undefined) requireReversible(event, original, options);
        const name = textOf(event.reverses);
        const counts = original?.state === 'done' || (original?.state === 'pending' && before.has(name));
        const again = reversed.has(name) || original?.state === 'reversed';
        reversed.add(name);
        if (counts && !again) waiting.add(name);
        // One of the same as another that waits for its turn waits as well: that one may come to nothing.
        if (waiting.has(name)) kept.push(event);
        else settling.push(event);
        if (!counts && !again && original !== undefined) uncome.push(original);
        if (!again && original === undefined) absent.push({ ...nameOfOriginal(event), receivedAt: event.receivedAt });
      }
      before.add(textOf(event));
    }
    if (kept.length > 0) rest.set(userId, kept);
  }
  if (uncome.length > 0) await tx.inbox.reverse(uncome);
  // What has counted for an organization was handed on before what takes it back. It never comes later.
  if (absent.length > 0 && options.earner === 'user') await tx.inbox.forestall(absent);
  return { rest, settling, uncounted };
}

/** An event that takes back another which has counted. */
export interface Reversed {
  readonly event: NewEvent;
  readonly original: StoredEvent;
}

export interface Round {
  readonly happened: readonly HappenedTo[];
  /** All that is taken back, also where nothing of it counts any more. */
  readonly reversed: readonly Reversed[];
  readonly uncounted: readonly NewEvent[];
  readonly finished: readonly NewEvent[];
}

/** Takes from what is left of each user's events those that are counted next: a reversal, or all up to the next one. */
export async function nextRound(
  tx: Transaction,
  rest: Map<string, readonly NewEvent[]>,
  options: RoundOptions,
): Promise<Round> {
  const plain = new Map<string, readonly NewEvent[]>();
  const reversing: NewEvent[] = [];
  for (const [userId, events] of rest) {
    const next = events.findIndex(({ reverses }) => reverses !== undefined);
    const length = next === -1 ? events.length : Math.max(next, 1);
    if (next === 0) reversing.push(events[0]!);
    else plain.set(userId, events.slice(0, length));
    if (events.length > length) rest.set(userId, events.slice(length));
    else rest.delete(userId);
  }
  const { happened, uncounted } = happenedTo(options.states, plain);
  const finished = [...plain.values(), reversing].flat();
  const reversed = reversing.length === 0 ? [] : await reversedBy(tx, reversing, options);
  // The originals are among the kept events until all are read.
  const taken = await Promise.all(reversed.map((one) => takenBack(one, options)));
  if (reversing.length > 0) await tx.inbox.reverse(reversing.map(nameOfOriginal));
  return { happened: [...happened, ...taken.flat()], reversed, uncounted, finished };
}

/** Looks at what these reversals name, one of each user; gives those by which anything may change. */
async function reversedBy(
  tx: Transaction,
  reversing: readonly NewEvent[],
  options: RoundOptions,
): Promise<readonly Reversed[]> {
  // Read now, since an original of the same batch has been counted meanwhile.
  const originals = await tx.inbox.stored(reversing.map(nameOfOriginal));
  const found = reversing.map((event, i) => ({ event, original: originals[i]! }));
  for (const { event, original } of found) requireReversible(event, original, options);
  return found.filter(({ event, original }) => {
    if (original.state === 'reversed') return false;
    const { deletedAt = Number.NEGATIVE_INFINITY } = options.states.get(event.userId)!;
    return !isForgotten(original) && original.occurredAt > deletedAt;
  });
}

async function takenBack(
  { event, original }: Reversed,
  { subjects, states, snapshot, keptFrom }: RoundOptions,
): Promise<readonly HappenedTo[]> {
  const before = states.get(event.userId)!;
  const reversal = await reverseEvent(subjects, before, original, { snapshot, keptFrom });
  // Where nothing of it counts any more, nothing happens.
  const matters = reversal.counts.length + reversal.spans.length > 0;
  return matters ? [{ before, events: [event], reversal }] : [];
}

function requireReversible(event: NewEvent, original: StoredEvent, { retentionDays, snapshot }: RoundOptions): void {
  const { derivations } = snapshot;
  const fault = faultOfReversal(event, original, { retentionDays, derivations });
  if (fault !== undefined) throw new UncountableEvent(fault);
}

function nameOfOriginal({ userId, reverses }: NewEvent): EventKey {
  return { userId, ...reverses! };
}

/** Names an event among those of its user, or organization. */
function textOf({ source, id, contribution }: EventName): string {
  return contribution ?? JSON.stringify([source, id]);
}

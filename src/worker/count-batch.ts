import { randomUUID } from 'node:crypto';
import type { ConfigurationKeeper } from '../configuration/configuration-keeper.js';
import { lockUsers } from '../configuration/confirm-snapshot.js';
import { UncountableEvent } from '../core/counting/uncountable-event.js';
import type { Snapshot } from '../core/snapshot/snapshot.js';
import type { EventName } from '../core/states/ledger.js';
import type { UserState } from '../core/states/user-state.js';
import { DAY_MS } from '../core/values/time.js';
import type { RevisionOf } from '../notify/notifier.js';
import type { EventKey, NewEvent } from '../store/event-store.js';
import type { Transaction } from '../store/store.js';
import type { HappenedTo } from '../unlocking/judge-events.js';
import { recompute } from '../unlocking/recompute.js';
import { faultOfReversal, isForgotten, reverseEvent } from '../unlocking/reverse-event.js';

export interface CountOptions {
  readonly keeper: ConfigurationKeeper;
  readonly retentionDays: number;
}

export interface CountedBatch {
  /** The new revisions of users. */
  readonly revisions: readonly RevisionOf[];
  /** How many of the events were taken from the pending ones, or will not be found there again. */
  readonly counted: number;
}

/** How many rounds one transaction makes: what is left stays pending, for the next one. */
const MOST_ROUNDS = 20;

/**
 * Counts events in a transaction, and takes from the pending ones those that are `finished` by that. An event that takes back another
 * that has counted looks at what is stored: so a user's events are counted in rounds, each such event by itself.
 */
export async function countBatch(
  tx: Transaction,
  { keeper, retentionDays }: CountOptions,
  taken: readonly NewEvent[],
  finished: readonly EventKey[] = taken,
): Promise<CountedBatch> {
  const byUser = Map.groupBy(taken, ({ userId }) => userId);
  const { states, snapshot, now } = await lockUsers(tx, keeper, [...byUser.keys()]);
  const options = { snapshot, now, batch: randomUUID() };
  if (taken.every(({ reverses }) => reverses === undefined)) {
    const { happened, uncounted } = happenedTo(states, byUser);
    const { revisions } = await recompute(tx, happened, {
      ...options,
      writes: settled(tx, finished, uncounted, options),
    });
    return { revisions, counted: taken.length };
  }
  const plan = await planReversals(tx, byUser, { snapshot, states, retentionDays });
  const present = new Map(states);
  const revisions = new Map<string, RevisionOf>();
  const { rest } = plan;
  let { settling } = plan;
  for (let rounds = 0; settling.length > 0 || (rest.size > 0 && rounds < MOST_ROUNDS); rounds++) {
    const round = await nextRound(tx, rest, { snapshot, states: present, keptFrom: now - retentionDays * DAY_MS });
    const done = [...settling, ...round.finished];
    settling = [];
    const writes = settled(tx, done, [...(rounds === 0 ? plan.uncounted : []), ...round.uncounted], options);
    const recomputed = await recompute(tx, round.happened, { ...options, writes });
    for (const user of recomputed.users) present.set(user.id, user);
    for (const revision of recomputed.revisions) revisions.set(revision.id, revision);
  }
  const left = [...rest.values()].reduce((sum, { length }) => sum + length, 0);
  return { revisions: [...revisions.values()], counted: taken.length - left };
}

/** The writes by which events are pending no more. */
function settled(
  tx: Transaction,
  finished: readonly EventKey[],
  uncounted: readonly EventKey[],
  { batch }: { readonly batch: string },
): (zones: ReadonlyMap<NewEvent, string>) => readonly Promise<unknown>[] {
  return (zones) => [
    tx.inbox.finish(zones.size === 0 ? finished : finished.map((event) => zoned(event, zones)), batch),
    ...(uncounted.length > 0 ? [tx.inbox.forget(uncounted)] : []),
  ];
}

function zoned(event: EventKey, zones: ReadonlyMap<EventKey, string>): EventKey & { readonly dayZone?: string } {
  const { userId, source, id } = event;
  const dayZone = zones.get(event);
  return { userId, source, id, ...(dayZone === undefined ? {} : { dayZone }) };
}

type EventsByUser = ReadonlyMap<string, readonly NewEvent[]>;

/** Users to whom events happened, and those of the events that count as nothing. */
function happenedTo(states: ReadonlyMap<string, UserState>, byUser: EventsByUser) {
  const happened: HappenedTo[] = [];
  const uncounted: NewEvent[] = [];
  for (const [userId, own] of byUser) {
    const before = states.get(userId)!;
    // Events from before the user was deleted must not bring the user back, and are not kept.
    const events = before.deletedAt === undefined ? own : own.filter((event) => event.occurredAt > before.deletedAt!);
    if (events.length < own.length) uncounted.push(...own.filter((event) => !events.includes(event)));
    if (events.length > 0) happened.push({ before, events });
  }
  return { happened, uncounted };
}

interface PlanOptions {
  readonly snapshot: Snapshot;
  readonly states: ReadonlyMap<string, UserState>;
  readonly retentionDays: number;
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
async function planReversals(tx: Transaction, byUser: EventsByUser, options: PlanOptions): Promise<Plan> {
  const { states, snapshot, retentionDays } = options;
  const { derivations } = snapshot;
  const reversing = [...byUser.values()].flat().filter(({ reverses }) => reverses !== undefined);
  const stored = await tx.inbox.stored(reversing.map(nameOfOriginal));
  const originals = new Map(reversing.map((event, i) => [event, stored[i]]));
  const rest = new Map<string, readonly NewEvent[]>();
  const [settling, uncounted, uncome]: readonly [NewEvent[], NewEvent[], EventKey[]] = [[], [], []];
  const absent: (EventKey & { readonly receivedAt: number })[] = [];
  for (const [userId, events] of byUser) {
    const { deletedAt = Number.NEGATIVE_INFINITY } = states.get(userId)!;
    const [before, reversed] = [new Set<string>(), new Set<string>()];
    const kept: NewEvent[] = [];
    for (const event of events) {
      const original = originals.get(event);
      if (event.reverses === undefined) {
        if (!reversed.has(textOf(event))) kept.push(event);
      } else if (event.occurredAt <= deletedAt) {
        settling.push(event);
        uncounted.push(event);
      } else {
        const fault = original && faultOfReversal(event, original, { retentionDays, derivations });
        if (fault !== undefined) throw new UncountableEvent(fault);
        const name = textOf(event.reverses);
        const counts = original?.state === 'done' || (original?.state === 'pending' && before.has(name));
        const again = reversed.has(name) || original?.state === 'reversed';
        reversed.add(name);
        if (counts && !again) kept.push(event);
        else settling.push(event);
        if (!counts && !again && original !== undefined) uncome.push(original);
        if (!again && original === undefined) absent.push({ ...nameOfOriginal(event), receivedAt: event.receivedAt });
      }
      before.add(textOf(event));
    }
    if (kept.length > 0) rest.set(userId, kept);
  }
  if (uncome.length > 0) await tx.inbox.reverse(uncome);
  if (absent.length > 0) await tx.inbox.forestall(absent);
  return { rest, settling, uncounted };
}

interface RoundOptions {
  readonly snapshot: Snapshot;
  readonly states: ReadonlyMap<string, UserState>;
  /** All events that occurred from this instant on are kept. */
  readonly keptFrom: number;
}

interface Round {
  readonly happened: readonly HappenedTo[];
  readonly uncounted: readonly NewEvent[];
  readonly finished: readonly NewEvent[];
}

/** Takes from what is left of each user's events those that are counted next: a reversal, or all up to the next one. */
async function nextRound(
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
  const reversed = reversing.length === 0 ? [] : await reverse(tx, reversing, options);
  return { happened: [...happened, ...reversed], uncounted, finished };
}

/** Takes back what these reversals name, one of each user. */
async function reverse(
  tx: Transaction,
  reversing: readonly NewEvent[],
  { states, snapshot, keptFrom }: RoundOptions,
): Promise<readonly HappenedTo[]> {
  // Read now, since an original of the same batch has been counted meanwhile.
  const originals = await tx.inbox.stored(reversing.map(nameOfOriginal));
  const happened = reversing.map(async (event, i): Promise<readonly HappenedTo[]> => {
    const before = states.get(event.userId)!;
    const original = originals[i]!;
    if (isForgotten(original) || original.occurredAt <= (before.deletedAt ?? Number.NEGATIVE_INFINITY)) return [];
    const reversal = await reverseEvent(tx, before, original, { snapshot, keptFrom });
    // Where nothing of it counts any more, nothing happens.
    const matters = reversal.counts.length + reversal.spans.length > 0;
    return matters ? [{ before, events: [event], reversal }] : [];
  });
  // The originals are among the kept events until all are read.
  const found = await Promise.all(happened);
  await tx.inbox.reverse(reversing.map(nameOfOriginal));
  return found.flat();
}

function nameOfOriginal({ userId, reverses }: NewEvent): EventKey {
  return { userId, ...reverses! };
}

/** Names an event among those of its user. */
function textOf({ source, id }: EventName): string {
  return JSON.stringify([source, id]);
}

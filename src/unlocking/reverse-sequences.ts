import type { CountedEvent } from '../core/counting/count-events.js';
import type { Derivations, DerivedEvent, SaidEvent } from '../core/counting/derivations.js';
import { DerivedCounting } from '../core/counting/derived-counting.js';
import type { CountedValue, UserDistinctValue } from '../core/counting/distinct-values.js';
import type { UserSpans } from '../core/counting/sequences.js';
import type { Span as StoredSpan } from '../core/counting/spans.js';
import type { Span } from '../core/counting/take-back.js';
import type { EventName } from '../core/states/ledger.js';
import type { UserState } from '../core/states/user-state.js';
import { quote } from '../core/values/json.js';
import { localDay } from '../core/values/time/local-time.js';
import type { KeptEvent, StoredEvent } from '../store/event-store.js';
import type { EarnerWriter, KnownValues } from '../store/user-store.js';

/** What becomes of derived actions that count since others once an event is taken back. */
export interface SequencesWithout {
  /** What counts no more. */
  readonly gone: readonly DerivedEvent[];
  /** What counts only without the event. */
  readonly come: readonly DerivedEvent[];
  /** By derived action, when the first and the last of the kept events occurred that count. */
  readonly firstAndLast: ReadonlyMap<string, Span>;
  /** The spans that have changed. */
  readonly spans: readonly UserSpans[];
  /** Values that count by another event now. */
  readonly distinct: readonly CountedValue[];
  /** Values that count no more. */
  readonly freed: readonly UserDistinctValue[];
}

/** Of users, or of organizations. */
export type SequenceReading = Pick<EarnerWriter, 'distinctValues' | 'spans' | 'kept'>;

interface Options {
  readonly derivations: Derivations;
  /** All events that occurred from this instant on are kept. */
  readonly keptFrom: number;
}

/** How many events are read at once, and of how many at most an event is taken back. */
const PAGE = 1_000;
const MOST_KEPT = 20_000;

/**
 * Finds what the derived actions that count since others would have counted without an event. They are counted twice from the user's kept
 * events, with the event and without: what differs is what it has changed, whatever older events have counted. Gives as a text why that
 * cannot be told: too much is kept, or too little.
 */
export async function sequencesWithout(
  subjects: SequenceReading,
  before: UserState,
  original: StoredEvent,
  { derivations: all, keptFrom }: Options,
): Promise<SequencesWithout | string> {
  const followers = all.sequencesOf(original.action);
  if (followers.length === 0) return NOTHING;
  const names = new Set(followers.map(({ action }) => action));
  const shown = [...names].map((name) => quote(name)).join(', ');
  const derivations = all.among(names);
  const events = await keptEvents(subjects, before.id, derivations);
  if (events === undefined)
    return `it may matter to ${shown}, for which more than ${MOST_KEPT} events of the user would have to be looked through`;
  const windowed = followers.filter(({ since }) => since.withinDays !== undefined);
  const stored = await subjects.spans(windowed.map(({ action }) => ({ userId: before.id, action })));
  const storedSpans = new Map(stored.map(({ action, spans }) => [action, spans]));
  const values = await valuesOf(subjects, before, { events, derivations });
  const isOriginal = (event: SaidEvent): boolean => isSameEvent(event, original);

  const seeds = new Map<string, readonly StoredSpan[]>();
  for (const follower of followers) {
    const { action, since } = follower;
    const occurrences = events.filter((event) => values.countsAs(since.action, event));
    const seed =
      since.withinDays === undefined
        ? firstBefore(occurrences, before.actions.get(since.action)?.firstAt)
        : spansBefore(occurrences, storedSpans.get(action) ?? [], { isOriginal, keptFrom });
    if (seed === undefined)
      return `whether something counts as ${quote(action)} depends on when ${quote(since.action)} occurred before it, which is kept no more`;
    seeds.set(action, seed);
  }
  const count = (some: readonly SaidEvent[]): Recount => recount(some, { before, derivations, names, seeds, values });
  const [withIt, without] = [count(events), count(events.filter((event) => !isOriginal(event)))];
  const isAsStored =
    events.some(isOriginal) &&
    withIt.distinct.length === values.ofKept.length &&
    withIt.distinct.every((value) => values.known.isBy(value, value.by)) &&
    windowed.every(({ action }) => sameSpans(withIt.spans.get(action), storedSpans.get(action)));
  if (!isAsStored) return `what is kept does not say any more what has counted as ${shown}`;

  const left = new Set(without.distinct.map(textOf));
  const isOf = ({ action }: UserDistinctValue): boolean => names.has(action);
  return {
    gone: difference(withIt.counted, without.counted),
    come: difference(without.counted, withIt.counted),
    firstAndLast: firstAndLast(without.counted),
    spans: windowed.flatMap(({ action }) => {
      const spans = without.spans.get(action) ?? [];
      return sameSpans(spans, storedSpans.get(action)) ? [] : [{ userId: before.id, action, spans }];
    }),
    distinct: without.distinct.filter((value) => isOf(value) && !values.known.isBy(value, value.by)),
    freed: withIt.distinct.flatMap(({ by, ...value }) => (isOf(value) && !left.has(textOf(value)) ? [value] : [])),
  };
}

const NOTHING: SequencesWithout = {
  ...{ gone: [], come: [], firstAndLast: new Map(), spans: [], distinct: [], freed: [] },
};

/** What is kept of a user that these are counted by, in the order in which it was taken; undefined where that is too much. */
async function keptEvents(
  subjects: SequenceReading,
  userId: string,
  derivations: Derivations,
): Promise<readonly SaidEvent[] | undefined> {
  const events: KeptEvent[] = [];
  const sources = [...derivations.sources()];
  for (let after = ''; ; ) {
    const page = await subjects.kept(userId, sources, { after, limit: PAGE });
    events.push(...page);
    if (events.length > MOST_KEPT) return undefined;
    if (page.length < PAGE) break;
    after = page.at(-1)!.key;
  }
  return events.toSorted(inOrderTaken).map((event) => ({ ...event, day: localDay(event.dayZone, event.occurredAt) }));
}

/** Whether two events of one user, or organization, are the same. */
export function isSameEvent(one: EventName, other: EventName): boolean {
  return one.source === other.source && one.id === other.id && one.contribution === other.contribution;
}

/** Compares events by the order in which they were taken. */
export function inOrderTaken(one: KeptEvent, other: KeptEvent): number {
  return one.receivedAt - other.receivedAt || one.place - other.place || (one.key < other.key ? -1 : 1);
}

/** What values have counted, by events that are kept and by others. */
interface Values {
  readonly known: KnownValues;
  /** Those that have counted by a kept event. */
  readonly ofKept: readonly CountedValue[];
  /** Whether an event has counted as an action that counts since no other, or is of it. */
  countsAs(action: string, event: SaidEvent): boolean;
}

interface Kept {
  readonly events: readonly SaidEvent[];
  readonly derivations: Derivations;
}

async function valuesOf(
  subjects: SequenceReading,
  { id: userId }: UserState,
  { events, derivations }: Kept,
): Promise<Values> {
  const valued = events.flatMap((event) =>
    derivations
      .of(event)
      .flatMap(({ action, distinct: value, by }) => (value === undefined ? [] : [{ userId, action, value, by: by! }])),
  );
  const known = valued.length === 0 ? NONE_KNOWN : await subjects.distinctValues(valued);
  return {
    known,
    ofKept: valued.filter((value) => known.isBy(value, value.by)),
    countsAs: (action, event) => {
      const one = derivations.all.has(action) ? derivations.asOne(action, event) : undefined;
      if (one === undefined) return !derivations.all.has(action) && event.action === action;
      return one.distinct === undefined || known.isBy({ userId, action, value: one.distinct }, event);
    },
  };
}

export const NONE_KNOWN: KnownValues = { has: () => false, isBy: () => false };

/** The first occurrence of what must have come first, where that is older than all that are kept. */
function firstBefore(occurrences: readonly SaidEvent[], firstAt = Infinity): readonly StoredSpan[] {
  return occurrences.every(({ occurredAt }) => firstAt < occurredAt) && firstAt !== Infinity
    ? [[firstAt, firstAt]]
    : [];
}

/**
 * What the spans were, at least up to the first kept occurrence: from there on they follow from those that are kept. Undefined where the
 * event continues a span from before, and when what it continues last occurred is not known.
 */
function spansBefore(
  occurrences: readonly SaidEvent[],
  spans: readonly StoredSpan[],
  { isOriginal, keptFrom }: { readonly isOriginal: (event: SaidEvent) => boolean; readonly keptFrom: number },
): readonly StoredSpan[] | undefined {
  const at = occurrences.find(isOriginal)?.occurredAt ?? Infinity;
  const from = Math.min(keptFrom, at);
  const others = occurrences.flatMap((event) =>
    isOriginal(event) || event.occurredAt < from ? [] : [event.occurredAt],
  );
  const next = Math.min(...others);
  const seeds: StoredSpan[] = [];
  for (const [firstAt, lastAt] of spans) {
    if (firstAt >= from) continue;
    if (lastAt < from) seeds.push([firstAt, lastAt]);
    else if (next <= (at <= lastAt ? at : lastAt)) seeds.push([firstAt, next]);
    else return undefined;
  }
  return seeds;
}

interface RecountOptions extends Pick<Options, 'derivations'> {
  readonly before: UserState;
  readonly names: ReadonlySet<string>;
  readonly seeds: ReadonlyMap<string, readonly StoredSpan[]>;
  readonly values: Values;
}

interface Recount {
  readonly counted: readonly DerivedEvent[];
  readonly distinct: readonly CountedValue[];
  readonly spans: ReadonlyMap<string, readonly StoredSpan[]>;
}

/** Counts kept events, after what older ones have counted. */
function recount(
  events: readonly SaidEvent[],
  { before, derivations, names, seeds, values: { known, ofKept } }: RecountOptions,
): Recount {
  const own = new Set(ofKept.map(textOf));
  const byAction = Map.groupBy(ofKept, ({ action }) => action);
  const older = [...derivations.all].flatMap(([name, { distinct }]) => {
    const total = before.actions.get(name);
    if (distinct === undefined || total === undefined) return [];
    return [[name, { ...total, count: total.count - (byAction.get(name)?.length ?? 0) }] as const];
  });
  const user = { id: before.id, actions: new Map(older) };
  const counting = new DerivedCounting(user, derivations, {
    values: { has: (value) => known.has(value) && !own.has(textOf(value)) },
    sequences: { spans: seeds, earlier: new Map() },
  });
  const counted = events.flatMap((event) => counting.of(event, 'UTC')).filter(({ action }) => names.has(action));
  const changed = counting.spans().map(({ action, spans }) => [action, spans] as const);
  return { counted, distinct: counting.distinct(), spans: new Map([...seeds, ...changed]) };
}

function firstAndLast(counted: readonly DerivedEvent[]): ReadonlyMap<string, Span> {
  const found = new Map<string, Span>();
  for (const one of counted) widen(found, one);
  return found;
}

/** Has the first and the last of an event's action take in the event. */
export function widen(spans: Map<string, Span>, { action, occurredAt }: CountedEvent): void {
  const { firstAt, lastAt } = spans.get(action) ?? { firstAt: occurredAt, lastAt: occurredAt };
  spans.set(action, { firstAt: Math.min(firstAt, occurredAt), lastAt: Math.max(lastAt, occurredAt) });
}

/** What has counted, but for as much of the same as others have: of two events that count alike it does not matter which is which. */
function difference(counted: readonly DerivedEvent[], others: readonly DerivedEvent[]): readonly DerivedEvent[] {
  const alike = ({ action, occurredAt, day, value }: DerivedEvent): string => `${occurredAt} ${day} ${value} ${action}`;
  const left = new Map<string, number>();
  for (const other of others) left.set(alike(other), (left.get(alike(other)) ?? 0) + 1);
  return counted.filter((one) => {
    const same = left.get(alike(one)) ?? 0;
    left.set(alike(one), same - 1);
    return same <= 0;
  });
}

function textOf({ action, value }: UserDistinctValue): string {
  return `${action} ${value}`;
}

function sameSpans(one: readonly StoredSpan[] = [], other: readonly StoredSpan[] = []): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

import type { CountedEvent } from '../core/counting/count-events.js';
import {
  type Derivations,
  type DerivedEvent,
  MAX_DISTINCT,
  readsProperties,
  type SaidEvent,
} from '../core/counting/derivations.js';
import type { UserDistinctValue } from '../core/counting/distinct-values.js';
import { comesAfterUnlock } from '../core/counting/since-unlock.js';
import type { Span } from '../core/counting/take-back.js';
import { UncountableEvent } from '../core/counting/uncountable-event.js';
import type { UserState } from '../core/states/user-state.js';
import { quote } from '../core/values/json.js';
import { ANY_ACTION } from '../core/values/names.js';
import { localDay } from '../core/values/time/local-time.js';
import { MINUTE_MS } from '../core/values/time/time.js';
import type { KeptEvent, StoredEvent } from '../store/event-store.js';
import type { EarnerWriter } from '../store/user-store.js';
import { inOrderTaken, isSameEvent, NONE_KNOWN, widen } from './reverse-sequences.js';

/** Of users, or of organizations. */
export type LookReading = Pick<EarnerWriter, 'distinctValues' | 'kept' | 'lastEvents' | 'firstAndLast'>;

export type Counted = CountedEvent & Pick<DerivedEvent, 'distinct'>;

/**
 * What an event counted as, each on its day, but for what counts since another action. An action that is derived now is counted from others
 * alone. Since a flag was unlocked, the present ledger says what any event has counted as.
 */
export function countsOf(
  event: Omit<SaidEvent, 'day'> & { readonly dayZone: string },
  derivations: Derivations,
  { ledger }: UserState,
): readonly Counted[] {
  const said = { ...event, day: localDay(event.dayZone, event.occurredAt) };
  const derived = derivations
    .of(said)
    .filter(
      ({ since }) => since === undefined || (since.unlock !== undefined && comesAfterUnlock(event, since, ledger)),
    );
  return derivations.all.has(event.action) ? derived : [said, ...derived];
}

export function namesOf(counts: readonly CountedEvent[]): readonly string[] {
  return counts.map(({ action }) => action);
}

export function countedValue(userId: string, { action, distinct = '' }: Counted): UserDistinctValue {
  return { userId, action, value: distinct };
}

export function countedValues(userId: string, counts: readonly Counted[]): readonly UserDistinctValue[] {
  return counts.flatMap((one) => (one.distinct === undefined ? [] : [countedValue(userId, one)]));
}

interface Looking {
  readonly before: UserState;
  readonly original: StoredEvent;
  /** The actions of which the first and the last other event are looked for. */
  readonly spans: ReadonlySet<string>;
  /** The derived events of the original by which a value has counted: another event may count in place of each. */
  readonly freed: readonly Counted[];
  readonly derivations: Derivations;
}

interface Instead {
  readonly counted: Counted;
  readonly by: KeptEvent;
}

interface Found {
  readonly spans: ReadonlyMap<string, Span>;
  /** By action, the first event that would have counted, had the original never come. */
  readonly instead: ReadonlyMap<string, Instead>;
}

/** How many events are read at once, and of how many at most an event is taken back. */
const PAGE = 1_000;
const MOST_KEPT = 20_000;
/** Of how many the store finds the first and the last at most. */
const MOST_FOUND = 500_000;
/** No event occurs later than so long after it was received. */
const MOST_AHEAD_MS = 6 * MINUTE_MS;

/**
 * Looks for the first and the last of actions, and for what counts in place of the original, among kept events: of plain actions, and of
 * those that any event of others counts as, the store finds them. Otherwise the events are looked through that an action is derived from:
 * the last ones, where that says all, or all. Throws where there are too many of these: nobody else could write the user meanwhile.
 */
export async function lookThrough(subjects: LookReading, looking: Looking): Promise<Found> {
  const { freed, derivations } = looking;
  const spans = new Map<string, Span>();
  const left = new Set<string>();
  for (const action of looking.spans) {
    const found = isOfAny(derivations, action)
      ? await spanOf(subjects, looking, action)
      : await spanOfLast(subjects, looking, action);
    if (found === 'many') left.add(action);
    else if (found !== undefined) spans.set(action, found);
  }
  if (left.size + freed.length === 0) return { spans, instead: new Map() };
  const found = await lookThroughAll(subjects, { ...looking, spans: left });
  return { spans: new Map([...spans, ...found.spans]), instead: found.instead };
}

/** Whether an action is no derived one, or any event of those that it is derived from counts as it. */
function isOfAny(derivations: Derivations, action: string): boolean {
  const derivation = derivations.all.get(action);
  return derivation === undefined || (derivation.since === undefined && !readsProperties(derivation));
}

async function spanOf(
  subjects: LookReading,
  { before, original, derivations }: Looking,
  action: string,
): Promise<Span | undefined> {
  const { from, countsSince } = derivations.all.get(action) ?? { from: [action], countsSince: Number.MIN_SAFE_INTEGER };
  const actions = from.includes(ANY_ACTION) ? undefined : from;
  const of = { actions, occurredFrom: countsSince, except: original, most: MOST_FOUND };
  const found = await subjects.firstAndLast(before.id, of);
  if (found === 'many') throw tooMany(original, [action], MOST_FOUND);
  return found;
}

/** By the last events that were taken: no other has occurred later than some time after the first of these was received. */
async function spanOfLast(
  subjects: LookReading,
  { before, original, derivations }: Looking,
  action: string,
): Promise<Span | 'many' | undefined> {
  const { from, distinct } = derivations.all.get(action)!;
  if (distinct !== undefined) return 'many';
  const last = await subjects.lastEvents(before.id, from, PAGE);
  const found = new Map<string, Span>();
  for (const event of last) {
    if (isSameEvent(event, original)) continue;
    for (const counted of countsOf({ ...event, dayZone: 'UTC' }, derivations, before))
      if (counted.action === action) widen(found, counted);
  }
  const span = found.get(action);
  if (last.length < PAGE) return span;
  const { firstAt } = before.actions.get(action)!;
  const isLast = span !== undefined && span.lastAt >= last[0]!.receivedAt! + MOST_AHEAD_MS;
  return isLast && original.occurredAt > firstAt ? { firstAt, lastAt: span.lastAt } : 'many';
}

function tooMany(original: StoredEvent, actions: Iterable<string>, most: number): UncountableEvent {
  const shown = [...new Set(actions)]
    .map((action) => (action === ANY_ACTION ? 'any action' : quote(action)))
    .join(', ');
  return new UncountableEvent(
    `the event ${shownName(original)} cannot be taken back: to find what stands in its place as ${shown}, more than ${most} kept events ` +
      'would have to be looked through',
  );
}

async function lookThroughAll(subjects: LookReading, looking: Looking): Promise<Found> {
  const { before, original, spans: asked, freed, derivations } = looking;
  const spans = new Map<string, Span>();
  const instead = new Map<string, Instead>();
  const names = asked.union(new Set(namesOf(freed)));
  const read = [...new Set([...names].flatMap((name) => derivations.all.get(name)?.from ?? [name]))];
  const freedBy = new Map(freed.map((one) => [one.action, one]));
  let events = 0;
  for (let after = ''; ; ) {
    const page = await subjects.kept(before.id, read, { after, limit: PAGE });
    events += page.length;
    if (events > MOST_KEPT) throw tooMany(original, names, MOST_KEPT);
    const others = page.filter((one) => !isSameEvent(one, original));
    const all = others.flatMap((by) =>
      countsOf(by, derivations, before).flatMap((counted) => (names.has(counted.action) ? [{ counted, by }] : [])),
    );
    const values = countedValues(
      before.id,
      all.map(({ counted }) => counted),
    );
    const known = values.length === 0 ? NONE_KNOWN : await subjects.distinctValues(values);
    for (const one of all) {
      const { counted, by } = one;
      const value = countedValue(before.id, counted);
      if (counted.distinct === undefined || known.isBy(value, by)) {
        if (asked.has(counted.action)) widen(spans, counted);
        continue;
      }
      const place = freedBy.get(counted.action);
      if (place === undefined) continue;
      // Where there was room for no more values, the first that found none has it now.
      const full = before.actions.get(counted.action)!.count >= MAX_DISTINCT;
      if (counted.distinct !== place.distinct && !(full && !known.has(value))) continue;
      const first = instead.get(counted.action);
      if (first === undefined || inOrderTaken(by, first.by) < 0) instead.set(counted.action, one);
    }
    if (page.length < PAGE) return { spans, instead };
    after = page.at(-1)!.key;
  }
}

/** An event's name, as messages show it. */
export function shownName({ source, id }: { readonly source: string; readonly id: string }): string {
  return source === '' ? quote(id) : `${quote(id)} of ${quote(source)}`;
}

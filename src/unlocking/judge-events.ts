import { type Counted, countEvents } from '../core/counting/count-events.js';
import type { DerivedCounting, KnownOfUser } from '../core/counting/derived-counting.js';
import type { CountedValue } from '../core/counting/distinct-values.js';
import type { UserSpans } from '../core/counting/sequences.js';
import { timeZoneOf } from '../core/deciding/subject.js';
import type { Snapshot } from '../core/snapshot/snapshot.js';
import { countedIn, type DayZone } from '../core/states/day-zone.js';
import { isNobody, type UserState } from '../core/states/user-state.js';
import { judgingIndex } from '../core/unlocking/judging-index.js';
import { changedStandings, flagsOfLedger, touchedFlags, withRequiring } from '../core/unlocking/touched-flags.js';
import { localDay } from '../core/values/time/local-time.js';
import type { NewEvent } from '../store/event-store.js';
import { type DatedEvent, deriveEvents, type Happening } from './derive-events.js';
import { countsOf, EventCourse } from './event-course.js';
import { type Flips, flipsBetween, NO_FLIPS } from './flips.js';
import { type Flags, type Judged, type Judging, type Surroundings, withEntries, written } from './judge-user.js';
import type { Reversal } from './reverse-event.js';

/** A user to whom events happened. The transaction must have locked the user. */
export interface HappenedTo {
  /** The state when the lock was taken. */
  readonly before: UserState;
  /** At least one, in the order in which they are taken. */
  readonly events: readonly NewEvent[];
  /** What the event comes to, where it is a single one that takes back another. */
  readonly reversal?: Reversal;
}

export interface JudgedEvents extends Judged {
  /** The rows that have changed by counting. */
  readonly counted: Pick<Counted, 'totals' | 'days'> & {
    readonly distinct: readonly CountedValue[];
    readonly spans: readonly UserSpans[];
  };
  /** The zone in which the user's days were counted last; undefined where it is the one that is stored. */
  readonly dayZone: DayZone | undefined;
  /** Those of the events that were counted in the days of another zone than UTC, with the zone. */
  readonly zones: ReadonlyMap<NewEvent, string>;
}

/**
 * Counts a user's events and judges the user after each, as if it were alone: as of the instant at which it was received, but
 * not before the last write, and after what time had unlocked by then. So it makes no difference for the ledger which of them
 * came together in one transaction. What flipped is told for all of them together. See `docs/decisions/one-event-at-a-time.md`.
 *
 * @param known in `around`, what is stored by which it is known what the events count as; nothing where it is left out
 */
export function judgeEvents(
  { before, events, reversal }: HappenedTo,
  judging: Judging,
  { known, ...around }: Omit<Surroundings, 'organizationBefore'> & { readonly known?: KnownOfUser | undefined },
): JudgedEvents {
  const { snapshot, now } = judging;
  const { organization } = around;
  const unsettled = unsettledFor(before, snapshot);
  const wanted = timeZoneOf(snapshot, before, organization);
  const { happenings, counting, early } =
    reversal === undefined
      ? counted(before, datedEvents(before, events, wanted), { snapshot, known })
      : takenBack(events[0]!, reversal);
  const course = new EventCourse({
    ...{ before, happenings, counted: early?.after, counting: early === undefined ? counting : undefined },
    ...{ unsettled, snapshot, now, ...around },
  });
  for (const happening of happenings) course.take(happening);
  const { totals, days } = early ?? countEvents(before, course.counts, snapshot);
  const left = <T extends { readonly action: string }>(rows: readonly T[]): readonly T[] =>
    course.forgotten.size === 0 ? rows : rows.filter(({ action }) => !course.forgotten.has(action));

  const first = { user: before, organization };
  const timely = { user: withEntries(before, course.byTime), organization };
  const last = { user: course.end(), organization };
  const touched = unsettled && concerned(snapshot, touchedFlags(snapshot, first, last), unsettled);
  let flippedByTime: Flips = NO_FLIPS;
  if (course.firedAt !== undefined) {
    const earned = flagsOfLedger(snapshot, changedStandings(before.ledger, timely.user.ledger));
    const among = unsettled && concerned(snapshot, judgingIndex(snapshot).decidedByTime.union(earned), unsettled);
    flippedByTime = flipsBetween(
      { ...first, snapshot, at: course.firedAt - 1 },
      { ...timely, snapshot, at: now },
      among,
    );
  }
  return {
    user: written(last.user, before, course.at),
    entries: course.entries,
    flippedByTime,
    flipped: flipsBetween({ ...timely, snapshot, at: now }, { ...last, snapshot, at: now }, touched),
    dueAt: course.dueAt,
    flags: (touched ?? snapshot.flags).size + course.looks,
    counted: {
      ...{ totals: left(totals), days: left(days) },
      distinct: left(reversal?.distinct ?? counting?.distinct() ?? []),
      spans: reversal?.spans ?? counting?.spans() ?? [],
    },
    ...(course.forgotten.size > 0 && { forgotten: course.forgotten }),
    dayZone: last.user.dayZone === before.dayZone ? undefined : last.user.dayZone,
    zones: zonesOf(happenings, events),
  };
}

interface Counting {
  readonly happenings: readonly Happening[];
  readonly counting: DerivedCounting | undefined;
  /** What the user has once all of it is counted; undefined where that depends on what is unlocked meanwhile. */
  readonly early: Counted | undefined;
}

function counted(
  before: UserState,
  events: readonly DatedEvent[],
  { snapshot, known }: { readonly snapshot: Snapshot; readonly known?: KnownOfUser | undefined },
): Counting {
  const { happenings, counting } = deriveEvents(before, events, snapshot, known);
  // What events count as may depend on what those before have unlocked.
  const isKnown = counting === undefined || !events.some((event) => counting.dependsOnLedger(event));
  return { happenings, counting, early: isKnown ? countEvents(before, countsOf(happenings), snapshot) : undefined };
}

/** An event that takes back another: it touches what that one had counted as, and is told as one of its action. */
function takenBack(event: NewEvent, reversal: Reversal): Counting {
  const { original, counts, after, totals, addedDays } = reversal;
  const happening = { event: { ...event, action: original.action }, counts, original };
  return { happenings: [happening], counting: undefined, early: { after, totals, days: addedDays } };
}

const NO_ZONES: ReadonlyMap<NewEvent, string> = new Map<NewEvent, string>();

function zonesOf(happenings: readonly Happening[], events: readonly NewEvent[]): ReadonlyMap<NewEvent, string> {
  // Most users are of UTC, ever since.
  if (happenings.every(({ event }) => event.dayZone === undefined)) return NO_ZONES;
  return new Map(
    events.flatMap((event, i) => {
      const zone = happenings[i]!.event.dayZone?.zone;
      return zone === undefined || zone === 'UTC' ? [] : [[event, zone] as const];
    }),
  );
}

/** The events with the days on which they count, and the zones in which days were counted last after each. */
function datedEvents({ dayZone }: UserState, events: readonly NewEvent[], wanted: string): readonly DatedEvent[] {
  let counted = dayZone;
  return events.map((event) => {
    counted = countedIn(counted, wanted, event.receivedAt);
    return { ...event, day: localDay(counted?.zone ?? 'UTC', event.occurredAt), dayZone: counted };
  });
}

/**
 * The flags by which a user may not have been judged yet, whatever happens: a new user, or one who comes back after a deletion, has
 * been judged by none. An organization is always in itself, which says nothing of it.
 */
function unsettledFor(before: UserState, snapshot: Snapshot): Flags {
  const isNew = before.revision === 0 || before.deletedAt !== undefined;
  const isUnjudged = before.organizationId === before.id ? isNew : isNobody(before);
  return isUnjudged ? undefined : judgingIndex(snapshot).unsettled;
}

function concerned(snapshot: Snapshot, touched: ReadonlySet<string>, more: ReadonlySet<string>): ReadonlySet<string> {
  return withRequiring(snapshot, touched.union(more));
}

import { type CountedEvent, countEvents } from '../core/counting/count-events.js';
import type { Derivations } from '../core/counting/derivations.js';
import type { CountedValue, UserDistinctValue } from '../core/counting/distinct-values.js';
import type { UserSpans } from '../core/counting/sequences.js';
import { needsSpan, type TakenBack, takeBack } from '../core/counting/take-back.js';
import { UncountableEvent } from '../core/counting/uncountable-event.js';
import type { Snapshot } from '../core/snapshot/snapshot.js';
import type { UserState } from '../core/states/user-state.js';
import { quote } from '../core/values/json.js';
import { DAY_MS, shownInstant } from '../core/values/time/time.js';
import type { NewEvent, StoredEvent } from '../store/event-store.js';
import type { EarnerWriter } from '../store/user-store.js';
import {
  countedValue,
  countedValues,
  countsOf,
  type LookReading,
  lookThrough,
  namesOf,
  shownName,
} from './look-through.js';
import { NONE_KNOWN, type SequenceReading, sequencesWithout } from './reverse-sequences.js';

/** An event that takes back another one, and what that comes to. */
export interface Reversal extends TakenBack {
  readonly original: StoredEvent;
  /**
   * All that counts otherwise: what the original still counted as, its own action and derived ones, and what counted since it or counts
   * in its place.
   */
  readonly counts: readonly CountedEvent[];
  /** What is to be added to days by other events that count in place of the original. */
  readonly addedDays: TakenBack['days'];
  /** The spans that have changed. */
  readonly spans: readonly UserSpans[];
  /** Values that count by another event now. */
  readonly distinct: readonly CountedValue[];
  /** Values that count no more. */
  readonly freed: readonly UserDistinctValue[];
}

/** What is wrong with an event that is to take back a stored one; undefined where nothing is. */
export function faultOfReversal(
  reversal: NewEvent,
  original: StoredEvent,
  { retentionDays, derivations }: { readonly retentionDays: number; readonly derivations: Derivations },
): string | undefined {
  const name = shownName(original);
  if (original.reverses !== undefined) {
    return `the event ${name} takes back another one itself, and cannot be taken back; send what happened as a new event`;
  }
  if (original.state === 'reversed' || isForgotten(original)) return undefined;
  // Before all that tells of the event itself.
  const { organizationId = original.organizationId } = reversal;
  if (original.organizationId !== undefined && organizationId !== original.organizationId) {
    return `the event ${name} is not of the organization ${quote(organizationId)}: who speaks for one organization takes back nothing of another`;
  }
  if (reversal.action !== '' && reversal.action !== original.action) {
    return `the event ${name} is of the action ${quote(original.action)}, not of ${quote(reversal.action)}; leave the action out`;
  }
  const whose = original.contribution === undefined ? 'total' : "organization's total";
  const correct = `; correct the ${whose}`;
  if (original.occurredAt < reversal.receivedAt - retentionDays * DAY_MS) {
    return `the event ${name} occurred at ${shownInstant(original.occurredAt)}, more than ${retentionDays} days ago: events that old are not taken back${correct}`;
  }
  if (original.state === 'done' && derivations.isForgotten(original)) {
    return `the properties of the event ${name} were dropped once it was counted, so that what it counted as is not known any more${correct}`;
  }
  return undefined;
}

/** Whether an event counted as nothing, since its user was deleted after it. */
export function isForgotten({ action, reverses }: StoredEvent): boolean {
  return action === '' && reverses === undefined;
}

/** Of users, or of organizations. */
type Reading = SequenceReading & LookReading & Pick<EarnerWriter, 'dayRows'>;

interface ReverseOptions {
  readonly snapshot: Pick<Snapshot, 'derivations' | 'windowedActions' | 'streaks'>;
  /** All events that occurred from this instant on are kept. */
  readonly keptFrom: number;
}

/**
 * Finds what is left of a user once an event that has been counted is taken back: as if it had never come, as far as other events are
 * kept. What it counted as follows from the event and from how actions are derived, by which the locked user has been brought up. Totals
 * and days are reckoned back; where it was the first or the last of an action, or a value counted by it, another is looked for among
 * the user's kept events. What counts since another action is counted anew from them, with the event and without.
 */
export async function reverseEvent(
  subjects: Reading,
  before: UserState,
  original: StoredEvent,
  { snapshot, keptFrom }: ReverseOptions,
): Promise<Reversal> {
  const { derivations } = snapshot;
  const sequences = await sequencesWithout(subjects, before, original, { derivations, keptFrom });
  if (typeof sequences === 'string')
    throw new UncountableEvent(`the event ${shownName(original)} cannot be taken back: ${sequences}`);
  // What was counted anew from a later instant on has not counted it.
  const all = countsOf(original, derivations, before).filter(
    ({ action, occurredAt }) => occurredAt >= (before.actions.get(action)?.firstAt ?? Infinity),
  );
  const values = countedValues(before.id, all);
  const known = values.length === 0 ? NONE_KNOWN : await subjects.distinctValues(values);
  const counts = all.filter((one) => one.distinct === undefined || known.isBy(countedValue(before.id, one), original));
  const freed = counts.filter(({ distinct }) => distinct !== undefined);
  const spans = counts.filter((one) => needsSpan(before.actions.get(one.action)!, one));
  const gone = [...counts, ...sequences.gone];
  const [rows, found] = await Promise.all([
    gone.length === 0 ? NO_ROWS : subjects.dayRows(before.id, [...new Set(namesOf(gone))]),
    lookThrough(subjects, { before, original, spans: new Set(namesOf(spans)), freed, derivations }),
  ]);
  const taken = takeBack(before, gone, (action) => ({
    rows: rows.get(action) ?? [],
    span: found.spans.get(action) ?? sequences.firstAndLast.get(action),
  }));
  const instead = [...found.instead.values()];
  const come = [...instead.map(({ counted }) => counted), ...sequences.come];
  const counted = countEvents(taken.after, come, snapshot);
  const replaced = new Set(namesOf(come));
  const distinct = instead.map(({ counted, by }) => ({ ...countedValue(before.id, counted), by }));
  const again = new Set(distinct.map(({ action, value }) => `${action} ${value}`));
  const free = countedValues(before.id, freed).filter(({ action, value }) => !again.has(`${action} ${value}`));
  return {
    original,
    counts: [...gone, ...come],
    after: come.length === 0 ? taken.after : counted.after,
    totals: [...taken.totals.filter(({ action }) => !replaced.has(action)), ...counted.totals],
    days: taken.days,
    addedDays: counted.days,
    spans: sequences.spans,
    gone: taken.gone,
    distinct: [...distinct, ...sequences.distinct],
    freed: [...free, ...sequences.freed],
  };
}

const NO_ROWS: ReadonlyMap<string, never> = new Map<string, never>();

import { among, decide, decideAmong, decideForPeople } from '../../core/deciding/evaluate.js';
import type { Subject } from '../../core/deciding/subject.js';
import type { Snapshot } from '../../core/snapshot/snapshot.js';
import type { Cause } from '../../core/states/ledger.js';
import type { PlacedChange } from '../../store/outbox-store.js';
import type { Flips } from '../../unlocking/flips.js';
import { causeForPeople } from '../access/told-cause.js';
import type { EventStream, FlagFlip } from './event-stream.js';
import type { StreamPosition } from './resume-token.js';

/** Flips as streams are told of them: with what brought them about, and when. */
export interface ToldFlips extends Flips {
  readonly cause: Cause;
  readonly at: number;
}

/** The flags that are on for a subject at an instant, and when time may next flip one of all; Infinity: never. */
export function decideAll(snapshot: Snapshot, subject: Subject, at: number) {
  const on = new Set<string>();
  const common = among({ hidesDenials: false, withoutUsage: true });
  let nextAt = Infinity;
  for (const { flag } of snapshot.flags.values()) {
    if (flag.archived) continue;
    const { enabled, validUntil } = decideAmong(snapshot, flag.key, subject, at, common);
    if (enabled) on.add(flag.key);
    if (validUntil !== undefined) nextAt = Math.min(nextAt, validUntil);
  }
  return { on, nextAt };
}

/** What the last row says of each flag: on, or off. */
export function verdictsOf(rows: readonly PlacedChange[]): ReadonlyMap<string, boolean> {
  const verdicts = new Map<string, boolean>();
  for (const { unlocked, locked } of rows) {
    for (const key of unlocked) verdicts.set(key, true);
    for (const key of locked) verdicts.set(key, false);
  }
  return verdicts;
}

/** The flags that are on once these verdicts are in. */
export function withVerdicts(on: ReadonlySet<string>, verdicts: ReadonlyMap<string, boolean>): ReadonlySet<string> {
  const changed = new Set(on);
  for (const [key, isOn] of verdicts) {
    if (isOn) changed.add(key);
    else changed.delete(key);
  }
  return changed;
}

/** What flipped from one set of flags that are on to another, leaving out some. */
export function differences(was: ReadonlySet<string>, is: ReadonlySet<string>, without: ReadonlySet<string>): Flips {
  return {
    unlocked: [...is].filter((key) => !was.has(key) && !without.has(key)),
    locked: [...was].filter((key) => !is.has(key) && !without.has(key)),
  };
}

/** What flips are told with: the decisions' snapshot, subject and instant, and the position of the stream afterwards. */
export interface Telling {
  readonly snapshot: Snapshot;
  readonly subject: Subject;
  readonly now: number;
  readonly position: StreamPosition;
}

/** Sends those of the flips that the stream's reader may know of; nothing where there are none. */
export function sendFlips(stream: EventStream, { unlocked, locked, cause, at }: ToldFlips, telling: Telling): void {
  const { reader } = stream;
  const { snapshot, subject, now, position } = telling;
  const shown = reader.people ? causeForPeople(cause) : cause;
  const flips = (keys: readonly string[]): FlagFlip[] =>
    keys
      .filter((key) => !reader.people || snapshot.flags.get(key)?.flag.clientVisible === true)
      .map((flagKey) => {
        const decision = (reader.people ? decideForPeople : decide)(snapshot, flagKey, subject, now);
        return { flagKey, cause: shown, decision };
      });
  const news = { type: 'user', userId: subject.user.id, at, unlocked: flips(unlocked), locked: flips(locked) } as const;
  if (news.unlocked.length + news.locked.length > 0) stream.send(news, position, now);
}

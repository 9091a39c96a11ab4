import type { Reader } from '../../calls/open-readers.js';
import type { Decision } from '../../core/deciding/decision.js';
import { decide } from '../../core/deciding/evaluate.js';
import type { Subject } from '../../core/deciding/subject.js';
import type { Snapshot } from '../../core/snapshot/snapshot.js';
import type { Flips } from '../../unlocking/flips.js';
import { causeForPeople, type EventStream, type FlagFlip } from './event-stream.js';
import type { StreamPosition } from './resume-token.js';

/** What flips are told with: the decisions' snapshot, subject and instant, and the position of the stream afterwards. */
export interface Telling {
  readonly snapshot: Snapshot;
  readonly subject: Subject;
  readonly now: number;
  readonly position: StreamPosition;
}

/** Sends those of the flips that the stream's reader may know of; nothing where there are none. */
export function sendFlips(stream: EventStream, { unlocked, locked, cause, at }: Flips, telling: Telling): void {
  const { reader } = stream;
  const { snapshot, subject, now, position } = telling;
  const shown = reader.people ? causeForPeople(cause) : cause;
  const flips = (keys: readonly string[]): FlagFlip[] =>
    keys
      .filter((key) => !reader.people || snapshot.flags.get(key)?.flag.clientVisible === true)
      .map((flagKey) => {
        const decision = decide(snapshot, flagKey, subject, now);
        return { flagKey, cause: shown, decision: shownDecision(decision, reader) };
      });
  const news = { type: 'user', userId: subject.user.id, at, unlocked: flips(unlocked), locked: flips(locked) } as const;
  if (news.unlocked.length + news.locked.length > 0) stream.send(news, position, now);
}

function shownDecision(decision: Decision, { people }: Reader): Decision {
  return people && decision.reason === 'DENIED' ? { ...decision, reason: 'DEFAULT' } : decision;
}

import type { EventInbox, NewEvent } from './event-store.js';

/** The most that one call of the inbox takes. */
const MOST_EVENTS = 1000;

export interface GroupAppendOptions {
  /** How many calls of the inbox may be under way at once. Further calls wait, and are merged. */
  readonly callsInFlight: number;
}

interface Waiting {
  readonly events: readonly NewEvent[];
  readonly resolve: (isNew: readonly boolean[]) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * An inbox with group commit: while calls are under way, further ones wait and are merged into calls of at most 1,000 events.
 * So a caller alone waits for nobody, and many at once share a commit, which is what an append costs most. Each caller gets the
 * answers for its own events; when a merged call fails, all calls in it fail.
 */
export function groupAppend(inbox: EventInbox, { callsInFlight }: GroupAppendOptions): EventInbox {
  const waiting: Waiting[] = [];
  let underWay = 0;

  const next = (): void => {
    while (underWay < callsInFlight && waiting.length > 0) {
      underWay += 1;
      void commit(inbox, takeGroup(waiting)).finally(() => {
        underWay -= 1;
        next();
      });
    }
  };

  return {
    append: (events) =>
      new Promise((resolve, reject) => {
        if (events.length === 0) return resolve([]);
        waiting.push({ events, resolve, reject });
        next();
      }),
  };
}

/** Takes as many of the waiting calls, in their order, as fit into one call: at least the first. */
function takeGroup(waiting: Waiting[]): readonly Waiting[] {
  let size = 0;
  const fitting = waiting.findIndex(({ events }, i) => {
    size += events.length;
    return i > 0 && size > MOST_EVENTS;
  });
  return waiting.splice(0, fitting === -1 ? waiting.length : fitting);
}

async function commit(inbox: EventInbox, group: readonly Waiting[]): Promise<void> {
  try {
    const isNew = await inbox.append(group.flatMap(({ events }) => events));
    let start = 0;
    for (const { events, resolve } of group) {
      resolve(isNew.slice(start, start + events.length));
      start += events.length;
    }
  } catch (error) {
    for (const { reject } of group) reject(error);
  }
}

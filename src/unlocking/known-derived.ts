import type { Derivations, Follower, SaidEvent } from '../core/counting/derivations.js';
import { DerivedCounting, type KnownOfUser } from '../core/counting/derived-counting.js';
import type { UserDistinctValue } from '../core/counting/distinct-values.js';
import { type KnownSequences, MOST_WAITING } from '../core/counting/sequences.js';
import type { Span } from '../core/counting/spans.js';
import type { UserWriter } from '../store/user-store.js';
import type { HappenedTo } from './judge-events.js';

type Reading = Pick<UserWriter, 'distinctValues' | 'spans' | 'lastEvents'>;
type Sequences = ReadonlyMap<string, KnownSequences>;

/** Reads by what it is known as what these events count; gives it by user. Nothing is read where no derived action needs it. */
export async function knownDerived(
  users: Reading,
  happened: readonly HappenedTo[],
  derivations: Derivations,
): Promise<(userId: string) => KnownOfUser> {
  const sequences = derivations.anySince ? await sequencesOf(users, happened, derivations) : NO_SEQUENCES;
  const wanted = derivations.anyDistinct ? valuesIn(happened, sequences, derivations) : [];
  const values = wanted.length > 0 ? await users.distinctValues(wanted) : undefined;
  return (userId) => ({ values, sequences: sequences.get(userId) });
}

const NO_SEQUENCES: Sequences = new Map();

/** The values that these events would have count, and those that may have waited for them. */
function valuesIn(
  happened: readonly HappenedTo[],
  sequences: Sequences,
  derivations: Derivations,
): readonly UserDistinctValue[] {
  return happened.flatMap(({ before: { id: userId }, events }) => {
    const earlier = [...(sequences.get(userId)?.earlier ?? [])].flatMap(([action, waiting]) =>
      waiting.map((event) => derivations.asOne(action, event)),
    );
    return [...events.flatMap((event) => derivations.of(event)), ...earlier].flatMap((derived) =>
      derived?.distinct === undefined ? [] : [{ userId, action: derived.action, value: derived.distinct }],
    );
  });
}

async function sequencesOf(
  users: Reading,
  happened: readonly HappenedTo[],
  derivations: Derivations,
): Promise<Sequences> {
  const concerned = happened.flatMap((one) => {
    const followers = new Set(one.events.flatMap(({ action }) => derivations.sequencesOf(action)));
    return followers.size === 0 ? [] : [{ ...one, followers: [...followers] }];
  });
  const windowed = concerned.flatMap(({ before, followers }) =>
    followers.flatMap(({ action, since }) => (since.withinDays === undefined ? [] : [{ userId: before.id, action }])),
  );
  const spans = Map.groupBy(windowed.length > 0 ? await users.spans(windowed) : [], ({ userId }) => userId);
  const known = concerned.map(async (one): Promise<readonly [string, KnownSequences]> => {
    const own = new Map((spans.get(one.before.id) ?? []).map((row) => [row.action, row.spans]));
    return [one.before.id, { spans: own, earlier: await earlierOf(users, one, derivations, own) }];
  });
  return new Map(await Promise.all(known));
}

/** Of each derived action for which earlier events may have waited, the last ones of these. */
async function earlierOf(
  users: Reading,
  { before, events, followers }: HappenedTo & { readonly followers: readonly Follower[] },
  derivations: Derivations,
  spans: ReadonlyMap<string, readonly Span[]>,
): Promise<ReadonlyMap<string, readonly SaidEvent[]>> {
  // In order, which is nearly always, nothing has waited.
  const isLate = ({ from }: Follower): boolean =>
    from.some((source) => {
      const lastAt = before.actions.get(source)?.lastAt;
      return lastAt !== undefined && events.some(({ occurredAt }) => occurredAt <= lastAt);
    });
  if (!followers.some(isLate)) return NOTHING;
  const trial = new DerivedCounting(before, derivations, { sequences: { spans, earlier: NOTHING } });
  for (const event of events) trial.of(event, 'UTC');
  const read = followers.filter(({ action }) => trial.missing().has(action));
  const lists = read.map(({ from }) => users.lastEvents(before.id, from, MOST_WAITING));
  return new Map((await Promise.all(lists)).map((list, i) => [read[i]!.action, list]));
}

const NOTHING: ReadonlyMap<string, readonly SaidEvent[]> = new Map();

import type { BucketBy } from '../flags/flag.js';
import type { CompiledFlag, Snapshot } from '../snapshot/snapshot.js';

type Keys = ReadonlySet<string>;

/** The flags that latch, by what judging a user looks up of them. */
interface LatchingIndex {
  /** The index of each flag that latches in `snapshot.latching`. */
  readonly latchingPlace: ReadonlyMap<string, number>;
  /** The flags with a latching rule that reads time, by key. */
  readonly latchingByTime: ReadonlyMap<string, CompiledFlag>;
  readonly latchingByTimeKeys: Keys;
  /** When a latching rule was last changed, in epoch milliseconds; 0 where that is not known of any. */
  readonly lastChange: number;
}

/** What judging a user looks up of a configuration: flags by what can matter to them. Archived flags are left out. */
export interface JudgingIndex extends LatchingIndex {
  /** The flags whose decision time alone may change: by a fact of a rule, or by their window. */
  readonly decidedByTime: Keys;
  /** The flags with access rows for roles on the whole platform. */
  readonly withRoleRows: Keys;
  /** The flags with rules that organizations earn, or earned. */
  readonly organizations: Keys;
  /** The flags with a rule whose rollout is spread over an organization or an attribute, by what it is. */
  readonly spreadOver: ReadonlyMap<BucketBy, Keys>;
  /** The flags by whose rules not all users have been judged yet, and those that read whether these are unlocked. */
  readonly unsettled: Keys;
  /** The flags that latch by a rule which an event of this action can make true. */
  latchingByAction(action: string): Keys;
}

/** The index of each snapshot, made when it is first asked for. A snapshot never changes, so neither does its index. */
const made = new WeakMap<Snapshot, JudgingIndex>();

export function judgingIndex(snapshot: Snapshot): JudgingIndex {
  const known = made.get(snapshot) ?? makeIndex(snapshot);
  made.set(snapshot, known);
  return known;
}

function makeIndex({ latching, kinds, dependencies, readers }: Snapshot): JudgingIndex {
  const byLatching = latchingIndex(latching);
  const byAction = new Map<string, Keys>();
  const unsettled = [...kinds.get('unsettled')];
  const spreadOver = new Map<BucketBy, Keys>();
  for (const kind of kinds.keys()) {
    if (kind.startsWith(SPREAD_OVER)) spreadOver.set(kind.slice(SPREAD_OVER.length) as BucketBy, kinds.get(kind));
  }
  return {
    ...byLatching,
    decidedByTime: kinds.get('time'),
    withRoleRows: kinds.get('role rows'),
    organizations: kinds.get('organizations'),
    spreadOver,
    unsettled: new Set(unsettled.flatMap((key) => [key, ...dependencies.readingUnlockOf(key)])),
    latchingByAction: (action) => {
      const reading = readers.ofAction(action);
      if (reading.size === 0) return reading;
      const known = byAction.get(action) ?? reading.intersection(byLatching.latchingPlace);
      byAction.set(action, known);
      return known;
    },
  };
}

const SPREAD_OVER = 'spread over ';

/** Many snapshots have the same flags that latch. */
const madeOfLatching = new WeakMap<readonly CompiledFlag[], LatchingIndex>();

function latchingIndex(latching: readonly CompiledFlag[]): LatchingIndex {
  const known = madeOfLatching.get(latching);
  if (known !== undefined) return known;
  const latchingByTime = latching.filter(({ latchingRules }) =>
    latchingRules.some(({ conditions }) => conditions.readsTime),
  );
  const index = {
    latchingPlace: new Map(latching.map(({ flag }, place) => [flag.key, place])),
    latchingByTime: new Map(latchingByTime.map((compiled) => [compiled.flag.key, compiled])),
    latchingByTimeKeys: new Set(latchingByTime.map(({ flag }) => flag.key)),
    lastChange: lastChangeOf(latching),
  };
  madeOfLatching.set(latching, index);
  return index;
}

function lastChangeOf(latching: readonly CompiledFlag[]): number {
  let last = 0;
  for (const { latchingRules } of latching)
    for (const { rule } of latchingRules) last = Math.max(last, rule.changedAt ?? 0);
  return last;
}

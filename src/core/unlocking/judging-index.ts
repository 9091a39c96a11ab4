import type { BucketBy } from '../flags/flag.js';
import type { CompiledFlag, Snapshot } from '../snapshot/snapshot.js';

type Keys = ReadonlySet<string>;

/** What judging a user looks up of a configuration: flags by what can matter to them. Archived flags are left out. */
export interface JudgingIndex {
  /** The index of each flag that latches in `snapshot.latching`. */
  readonly latchingPlace: ReadonlyMap<string, number>;
  /** The flags with a latching rule that reads time, by key. */
  readonly latchingByTime: ReadonlyMap<string, CompiledFlag>;
  /** The flags whose decision time alone may change: by a fact of a rule, or by their window. */
  readonly decidedByTime: Keys;
  /** The flags with access rows for roles on the whole platform. */
  readonly withRoleRows: Keys;
  /** The flags with a rule whose rollout is spread over an organization or an attribute, by what it is. */
  readonly spreadOver: ReadonlyMap<BucketBy, Keys>;
  /** The flags by whose rules not all users have been judged yet, and those that read whether these are unlocked. */
  readonly unsettled: Keys;
}

/** The index of each snapshot, made when it is first asked for. A snapshot never changes, so neither does its index. */
const made = new WeakMap<Snapshot, JudgingIndex>();

export function judgingIndex(snapshot: Snapshot): JudgingIndex {
  const known = made.get(snapshot) ?? makeIndex(snapshot);
  made.set(snapshot, known);
  return known;
}

function makeIndex({ flags, latching, windowEdges, dependencies }: Snapshot): JudgingIndex {
  const decidedByTime = new Set(windowEdges.map(({ flagKey }) => flagKey));
  const withRoleRows = new Set<string>();
  const spreadOver = new Map<BucketBy, Set<string>>();
  const unsettled = new Set<string>();
  for (const [key, { flag, rules, roleRows }] of flags) {
    if (flag.archived) continue;
    if (roleRows.size > 0) withRoleRows.add(key);
    if (flag.unsettled) for (const one of [key, ...dependencies.readingUnlockOf(key)]) unsettled.add(one);
    for (const { rule, conditions } of rules) {
      if (conditions.readsTime) decidedByTime.add(key);
      if (rule.bucketBy === 'user') continue;
      const keys = spreadOver.get(rule.bucketBy) ?? new Set<string>();
      spreadOver.set(rule.bucketBy, keys.add(key));
    }
  }
  const latchingByTime = latching.filter(({ latchingRules }) =>
    latchingRules.some(({ conditions }) => conditions.readsTime),
  );
  return {
    latchingPlace: new Map(latching.map(({ flag }, place) => [flag.key, place])),
    latchingByTime: new Map(latchingByTime.map((compiled) => [compiled.flag.key, compiled])),
    ...{ decidedByTime, withRoleRows, spreadOver, unsettled },
  };
}

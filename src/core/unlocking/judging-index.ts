import type { BucketBy } from '../flags/flag.js';
import type { CompiledFlag, Snapshot } from '../snapshot/snapshot.js';

type Keys = ReadonlySet<string>;

/** What is looked up of a configuration when a user is judged anew: flags by what matters to them. Archived ones are left out. */
export interface JudgingIndex {
  /** Where each flag that latches stands in `snapshot.latching`. */
  readonly latchingPlace: ReadonlyMap<string, number>;
  /** Flags with a latching rule that reads time, in the order of `snapshot.latching`. */
  readonly latchingByTime: readonly CompiledFlag[];
  /** Their keys. */
  readonly latchedByTime: Keys;
  /** Flags that time alone may decide otherwise: by a fact of any rule, or by their window. */
  readonly decidedByTime: Keys;
  /** Flags that platform-wide rows of roles may decide. */
  readonly withRoleRows: Keys;
  /** Flags with a rule that is spread over an organization, or an attribute. */
  readonly spreadOver: ReadonlyMap<BucketBy, Keys>;
  /** Flags whose rules not everybody has been judged by, and those that read whether these are unlocked. */
  readonly unsettled: Keys;
}

/** Snapshots never change: made once for each, when it is first asked for. */
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
    latchingByTime,
    latchedByTime: new Set(latchingByTime.map(({ flag }) => flag.key)),
    ...{ decidedByTime, withRoleRows, spreadOver, unsettled },
  };
}

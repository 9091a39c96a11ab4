import { referencesOf } from '../conditions/references.js';
import type { Configuration, Flag } from '../flags/flag.js';
import type { JsonObject } from '../values/json.js';
import { compileSnapshot } from './compile-snapshot.js';
import { scopeOf } from './flag-scope.js';
import type { Snapshot } from './snapshot.js';

/**
 * The configuration as it is and as a draft of one flag would make it, each compiled with no more than decisions on that
 * flag can depend on: who looks at very many users reads few facts of each.
 *
 * @param previous for flags that this version cannot compile; see `compileSnapshot`
 */
export function draftSides(
  configuration: Configuration,
  draft: Flag,
  previous: Snapshot | undefined,
): { readonly before: Snapshot; readonly after: Snapshot } {
  const others = configuration.flags.filter(({ id }) => id !== draft.id);
  return {
    before: narrowTo(configuration, draft.key, previous),
    after: narrowTo({ ...configuration, flags: [...others, draft] }, draft.key, previous),
  };
}

function narrowTo(configuration: Configuration, flagKey: string, previous: Snapshot | undefined): Snapshot {
  // By what is named first, which is quick where there are very many flags; then exactly, once that is compiled.
  const reached = reachedFrom(configuration, flagKey, previous);
  const some = configuration.flags.filter(({ key }) => reached.has(key));
  const { decided, unlocked } = scopeOf(compileSnapshot({ ...configuration, flags: some }, previous), flagKey);
  const flags = some.filter(({ key }) => decided.has(key) || unlocked.has(key));
  return compileSnapshot({ ...configuration, flags }, previous);
}

/** The keys of all flags that can matter to a flag: of one that may keep its last form, what that form names matters too. */
function reachedFrom(configuration: Configuration, flagKey: string, previous: Snapshot | undefined): Set<string> {
  const flags = new Map(configuration.flags.map((flag) => [flag.key, flag]));
  const segments = new Map(configuration.segments.map(({ key, conditions }) => [key, conditions]));
  const reached = new Set<string>();
  const open = [flagKey];
  for (let key = open.pop(); key !== undefined; key = open.pop()) {
    const flag = flags.get(key);
    if (flag === undefined || reached.has(key)) continue;
    reached.add(key);
    open.push(...namedBy(flag, segments));
    const last = previous?.flagsById.get(flag.id);
    if (last !== undefined) open.push(...namedBy(last.flag, last.segments));
  }
  return reached;
}

/** The flags that a flag requires, or reads the unlocks of, through segments too. */
function namedBy({ prerequisites, rules }: Flag, segments: ReadonlyMap<string, JsonObject>): readonly string[] {
  const keys = prerequisites.map(({ flagKey }) => flagKey);
  const seen = new Set<string>();
  const open: (JsonObject | undefined)[] = rules.map(({ conditions }) => conditions);
  while (open.length > 0) {
    const named = referencesOf(open.pop());
    keys.push(...named.unlockedFlags);
    for (const key of named.segments) {
      if (!seen.has(key)) open.push(segments.get(key));
      seen.add(key);
    }
  }
  return keys;
}

import type { CompiledRule, Snapshot } from './snapshot.js';

/** The flags that one flag's decisions can depend on, by key; all of them are in the snapshot. */
export interface FlagScope {
  /** Those that are decided: itself, what it requires, and what those require. */
  readonly decided: ReadonlySet<string>;
  /** Those whose unlocks are read by a rule of the former, or by a latching rule of these. */
  readonly unlocked: ReadonlySet<string>;
}

/** What a decision on a flag reads besides the flag: along prerequisites, and along `unlocked` through segments too. */
export function scopeOf(snapshot: Snapshot, flagKey: string): FlagScope {
  const { flags } = snapshot;
  const decided = closure([flagKey], flags, (key) => flags.get(key)!.flag.prerequisites.map(({ flagKey }) => flagKey));
  const readFirst = [...decided].flatMap((key) => flagsReadBy(snapshot, flags.get(key)!.rules));
  const unlocked = closure(readFirst, flags, (key) => flagsReadBy(snapshot, latchingRules(snapshot, key)));
  return { decided, unlocked };
}

/** The rules whose conditions a decision on a flag may look at. */
export function rulesInScope(snapshot: Snapshot, { decided, unlocked }: FlagScope): readonly CompiledRule[] {
  return [
    ...[...decided].flatMap((key) => snapshot.flags.get(key)!.rules),
    ...[...unlocked].filter((key) => !decided.has(key)).flatMap((key) => latchingRules(snapshot, key)),
  ];
}

/** Everything that can be reached from these keys; what is not there is passed over. */
function closure(
  from: readonly string[],
  there: ReadonlyMap<string, unknown>,
  next: (key: string) => readonly string[],
): ReadonlySet<string> {
  const found = new Set<string>();
  const open = [...from];
  for (let key = open.pop(); key !== undefined; key = open.pop()) {
    if (found.has(key) || !there.has(key)) continue;
    found.add(key);
    open.push(...next(key));
  }
  return found;
}

function latchingRules({ flags }: Snapshot, key: string): readonly CompiledRule[] {
  return flags.get(key)!.rules.filter(({ rule }) => rule.policy === 'LATCHING');
}

function flagsReadBy({ slots }: Snapshot, rules: readonly CompiledRule[]): readonly string[] {
  return rules.flatMap(({ conditions }) =>
    [...conditions.slotsRead].flatMap((index) => {
      const { definition, params } = slots.at(index);
      return definition.name === 'unlocked' ? [String(params.flag)] : [];
    }),
  );
}

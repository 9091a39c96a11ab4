import type { FactSlots } from '../facts/fact-record.js';
import type { CompiledFlag, FactReading, Snapshot, WindowEdge } from './snapshot.js';

type Flags = ReadonlyMap<string, CompiledFlag>;

/** The flags once these have taken their places and those are gone; by key in its order, and by id. */
export function withFlags(
  base: Snapshot,
  compiled: Flags,
  gone: readonly string[],
): { readonly flags: Flags; readonly flagsById: Flags } {
  if (compiled.size === 0 && gone.length === 0) return base;
  const flagsById = new Map(base.flagsById);
  for (const key of [...compiled.keys(), ...gone]) {
    const before = base.flags.get(key);
    if (before !== undefined) flagsById.delete(before.flag.id);
  }
  for (const entry of compiled.values()) flagsById.set(entry.flag.id, entry);
  let flags = new Map(base.flags);
  for (const key of gone) flags.delete(key);
  for (const [key, entry] of compiled) flags.set(key, entry);
  const isNew = (key: string): boolean => !base.flags.has(key);
  if ([...compiled.keys()].some(isNew)) flags = new Map([...flags].toSorted(([a], [b]) => (a < b ? -1 : 1)));
  return { flags, flagsById };
}

/** The same as before where nothing that it consists of is another. */
export function readingOf(
  { reading }: Snapshot,
  {
    slots,
    stageNames,
    flags,
  }: { readonly slots: FactSlots; readonly stageNames: readonly string[]; readonly flags: Flags },
): FactReading {
  const same = slots === reading.slots && stageNames === reading.stageNames;
  if (same && [...reading.unlockable].every(([key, entry]) => flags.get(key) === entry)) return reading;
  const read = slots.all().filter(({ definition }) => definition.name === 'unlocked');
  const keys = read.map(({ params }) => String(params.flag));
  return { slots, stageNames, unlockable: new Map(keys.map((key) => [key, flags.get(key)])) };
}

export function windowedIn(slots: FactSlots): ReadonlyMap<string, number> {
  const longest = new Map<string, number>();
  for (const { params } of slots.all()) {
    const { action, windowDays } = params;
    if (typeof action !== 'string' || typeof windowDays !== 'number') continue;
    longest.set(action, Math.max(longest.get(action) ?? 0, windowDays));
  }
  return longest;
}

/** Flags that latch, each after those whose unlocks it reads. */
export function latchingIn(
  base: Snapshot,
  { flags, dependencies }: Pick<Snapshot, 'flags' | 'dependencies'>,
): readonly CompiledFlag[] {
  const keys: string[] = [];
  for (const [key, { flag, latchingRules }] of flags) {
    if (latchingRules.length > 0 && !flag.archived) keys.push(key);
  }
  const past = base.latching.map(({ flag }) => flag.key);
  const sameOrder = dependencies === base.dependencies && past.length === keys.length && keys.every(latched(base));
  return (sameOrder ? past : dependencies.inUnlockOrder(keys)).map((key) => flags.get(key)!);
}

function latched({ flags }: Snapshot): (key: string) => boolean {
  return (key) => {
    const entry = flags.get(key);
    return entry !== undefined && entry.latchingRules.length > 0 && !entry.flag.archived;
  };
}

export function visibleIn(base: Snapshot, flags: Flags): readonly string[] {
  if (flags === base.flags) return base.visible;
  const keys: string[] = [];
  for (const [key, { flag }] of flags) if (flag.clientVisible && !flag.archived) keys.push(key);
  const { visible } = base;
  return keys.length === visible.length && keys.every((key, i) => key === visible[i]) ? visible : keys;
}

export function windowEdgesIn(base: Snapshot, flags: Flags): readonly WindowEdge[] {
  if (flags === base.flags) return base.windowEdges;
  const edges: WindowEdge[] = [];
  for (const [flagKey, { flag }] of flags) {
    if (flag.archived) continue;
    for (const at of [flag.startsAt, flag.endsAt]) if (at !== undefined) edges.push({ at, flagKey });
  }
  return edges.sort((one, other) => one.at - other.at);
}

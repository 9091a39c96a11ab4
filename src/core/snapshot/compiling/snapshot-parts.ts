import { actionOf, actionRead } from '../../facts/action-param.js';
import { windowOf } from '../../facts/day-window.js';
import type { FactSlot } from '../../facts/fact-record.js';
import type { StreakKind } from '../../states/streaks.js';
import type { LayeredMap } from '../layered-map.js';
import type { CompiledFlag, FactReading, Snapshot, WindowEdge } from '../snapshot.js';

/** The flags before and after a change, and the keys of those that have changed. */
export interface ChangedFlags {
  readonly base: Snapshot;
  readonly flags: LayeredMap<string, CompiledFlag>;
  readonly changed: ReadonlySet<string>;
}

/** The flags by id after the change. */
export function byIdAfter({ base, flags, changed }: ChangedFlags): LayeredMap<string, CompiledFlag> {
  const changes = new Map<string, CompiledFlag | undefined>();
  for (const key of changed) {
    const before = base.flags.get(key);
    if (before !== undefined) changes.set(before.flag.id, undefined);
  }
  for (const key of changed) {
    const entry = flags.get(key);
    if (entry !== undefined) changes.set(entry.flag.id, entry);
  }
  return base.flagsById.with(changes);
}

/** How facts are read after the change: the same object as before, unless a part of it has changed. */
export function readingAfter(
  { base: { reading }, flags }: ChangedFlags,
  { slots, stageNames, timeZone }: Pick<FactReading, 'slots' | 'stageNames' | 'timeZone'>,
): FactReading {
  const same = slots === reading.slots && stageNames === reading.stageNames && timeZone === reading.timeZone;
  if (same && [...reading.unlockable].every(([key, entry]) => flags.get(key) === entry)) return reading;
  const read = slots.all().filter(({ definition }) => definition.name === 'unlocked');
  const keys = read.map(({ params }) => String(params.flag));
  return { slots, stageNames, timeZone, unlockable: new Map(keys.map((key) => [key, flags.get(key)])) };
}

/** The actions that are windowed: the same object as before where these are the same, so that states need not be read again. */
export function windowedActionsAfter(
  before: ReadonlyMap<string, number>,
  slots: readonly FactSlot[],
): ReadonlyMap<string, number> {
  const longest = new Map<string, number>();
  for (const { definition, params } of slots) {
    const action = actionRead(definition, params);
    const window = windowOf(definition, params);
    if (action === undefined || window === undefined) continue;
    longest.set(action, Math.max(longest.get(action) ?? 0, window.days));
  }
  const same = longest.size === before.size && [...longest].every(([action, days]) => before.get(action) === days);
  return same ? before : longest;
}

/** The kinds of streaks that are read, by action, each once. */
export function streaksRead(slots: readonly FactSlot[]): ReadonlyMap<string, readonly StreakKind[]> {
  const kinds = new Map<string, StreakKind[]>();
  for (const { definition, params } of slots) {
    const kind = definition.streakOf?.(params);
    if (kind === undefined) continue;
    const action = actionOf(params);
    const known = kinds.get(action) ?? [];
    const isKnown = known.some(({ period, grace }) => period === kind.period && grace === kind.grace);
    kinds.set(action, isKnown ? known : [...known, kind]);
  }
  return kinds;
}

/** The flags that latch after the change, each after those whose unlocks it reads. */
export function latchingAfter(
  { base, flags, changed }: ChangedFlags,
  dependencies: Snapshot['dependencies'],
): readonly CompiledFlag[] {
  const past = base.latching;
  const concerned = [...changed].filter((key) => latches(base.flags.get(key)) || latches(flags.get(key)));
  if (concerned.length === 0) return past;
  const present = (entry: CompiledFlag): CompiledFlag | undefined =>
    changed.has(entry.flag.key) ? flags.get(entry.flag.key) : entry;
  const stay = concerned.every((key) => latches(base.flags.get(key)) && latches(flags.get(key)));
  if (stay && dependencies === base.dependencies) return past.map((entry) => present(entry)!);
  const keys = past.map(({ flag }) => flag.key).filter((key) => !changed.has(key));
  const fresh = [...changed].filter((key) => latches(flags.get(key)));
  return dependencies.inUnlockOrder([...keys, ...fresh]).map((key) => flags.get(key)!);
}

function latches(entry: CompiledFlag | undefined): boolean {
  return entry !== undefined && entry.latchingRules.length > 0 && !entry.flag.archived;
}

/** The keys of the flags that people may know of after the change, in their order. */
export function visibleAfter({ base, flags, changed }: ChangedFlags): readonly string[] {
  const past = base.visible;
  const moved = [...changed].filter((key) => isVisible(base.flags.get(key)) !== isVisible(flags.get(key)));
  if (moved.length === 0) return past;
  const gone = new Set(moved);
  const fresh = moved.filter((key) => isVisible(flags.get(key)));
  const staying = moved.length === fresh.length ? past : past.filter((key) => !gone.has(key));
  return inserted(staying, fresh, (one, other) => (one < other ? -1 : 1));
}

function isVisible(entry: CompiledFlag | undefined): boolean {
  return entry?.flag.clientVisible === true && !entry.flag.archived;
}

/** When windows open and close after the change, in order. */
export function windowEdgesAfter({ base, flags, changed }: ChangedFlags): readonly WindowEdge[] {
  const past = base.windowEdges;
  const fresh: WindowEdge[] = [];
  let had = false;
  for (const key of changed) {
    fresh.push(...edgesOf(flags.get(key)));
    had ||= edgesOf(base.flags.get(key)).length > 0;
  }
  if (fresh.length === 0 && !had) return past;
  const staying = past.filter(({ flagKey }) => !changed.has(flagKey));
  return inserted(staying, fresh, (one, other) => one.at - other.at || (one.flagKey < other.flagKey ? -1 : 1));
}

function edgesOf(entry: CompiledFlag | undefined): readonly WindowEdge[] {
  if (entry === undefined || entry.flag.archived) return NO_EDGES;
  const { key: flagKey, startsAt, endsAt } = entry.flag;
  if (startsAt === undefined && endsAt === undefined) return NO_EDGES;
  return [startsAt, endsAt].flatMap((at) => (at === undefined ? [] : [{ at, flagKey }]));
}

/** A sorted list with further items, mostly few, each put where it belongs. */
function inserted<T>(sorted: readonly T[], more: readonly T[], order: (one: T, other: T) => number): readonly T[] {
  if (more.length > FEW) return [...sorted, ...more].sort(order);
  const list = [...sorted];
  for (const one of more) {
    let [low, high] = [0, list.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (order(list[middle]!, one) < 0) low = middle + 1;
      else high = middle;
    }
    list.splice(low, 0, one);
  }
  return list;
}

const FEW = 16;
const NO_EDGES: readonly WindowEdge[] = [];

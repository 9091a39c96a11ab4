/** An event as this test sends it, over either door. */
export interface SentEvent {
  readonly id: string;
  readonly userId: string;
  readonly action: string;
  readonly value: number;
}

export interface Expected {
  /** `user action` → count and sum. */
  readonly totals: ReadonlyMap<string, { readonly count: number; readonly sum: number }>;
  /** `user flag` for every unlock that must stand in the ledger, once. */
  readonly unlocks: ReadonlySet<string>;
}

export const ACTIONS = ['report_created', 'report_shared', 'comment'];
/** Flag → how often which action unlocks it. `expert` follows from two others. */
export const THRESHOLDS = { reporter: ['report_created', 10], sharer: ['report_shared', 14] } as const;

/** A small generator with a seed (mulberry32), so that a failure can be run again. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function makeEvents(count: number, users: number, random: () => number): readonly SentEvent[] {
  return Array.from({ length: count }, (_, n) => ({
    id: `event-${n}`,
    userId: `user-${Math.floor(random() * users)}`,
    action: ACTIONS[Math.floor(random() * ACTIONS.length)]!,
    value: Math.floor(random() * 100),
  }));
}

/** What must come of the events, counted the simplest way there is. */
export function expectedOf(events: readonly SentEvent[]): Expected {
  const totals = new Map<string, { count: number; sum: number }>();
  for (const { userId, action, value } of events) {
    const key = `${userId} ${action}`;
    const { count, sum } = totals.get(key) ?? { count: 0, sum: 0 };
    totals.set(key, { count: count + 1, sum: sum + value });
  }
  const unlocks = new Set<string>();
  for (const userId of new Set(events.map((event) => event.userId))) {
    const earned = Object.entries(THRESHOLDS).filter(
      ([, [action, n]]) => (totals.get(`${userId} ${action}`)?.count ?? 0) >= n,
    );
    for (const [flag] of earned) unlocks.add(`${userId} ${flag}`);
    if (earned.length === Object.keys(THRESHOLDS).length) unlocks.add(`${userId} expert`);
  }
  return { totals, unlocks };
}

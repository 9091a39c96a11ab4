/** An event as this test sends it, over either door. */
export interface SentEvent {
  readonly id: string;
  readonly userId: string;
  readonly action: string;
  readonly value: number;
  readonly properties: { readonly topic: number };
  /** '' where the organization follows from the user's membership. */
  readonly organizationId: string;
}

/** An event that takes back one of them. */
export interface SentReversal {
  readonly id: string;
  readonly userId: string;
  readonly reverses: { readonly source: string; readonly id: string };
}

export const SOURCE = 'cluster';

export interface Expected {
  /** `user action`, and `organization action` → count and sum. */
  readonly totals: ReadonlyMap<string, { readonly count: number; readonly sum: number }>;
  /** `user flag`, and `organization flag`, for every unlock that must stand in the ledger, once. */
  readonly unlocks: ReadonlySet<string>;
}

/** Actions that are derived from others: reports of an even topic, and each topic of whatever is done once. */
export const DERIVED = { even_report: 'report_created', topic: 'comment', shared_topic: 'report_shared' } as const;
const TOPICS = 12;

export const ACTIONS = ['report_created', 'report_shared', 'comment'];
/** Flag → how often which action unlocks it. `expert` follows from two others. */
export const THRESHOLDS = {
  reporter: ['report_created', 10],
  sharer: ['report_shared', 14],
  even: ['even_report', 6],
  versatile: ['topic', 8],
} as const;
/** `expert` needs both of these. */
const OF_EXPERTS: readonly string[] = ['reporter', 'sharer'];

/** Flag → how often which action, by all of its members, has an organization earn it. */
export const TEAM_THRESHOLDS = { team_sharer: ['report_shared', 40], team_topics: ['shared_topic', TOPICS] } as const;
/** What organizations count: these, and what they are derived from. */
const OF_TEAMS: readonly string[] = ['report_shared', 'shared_topic'];
const ORGANIZATIONS = 12;

/** Names that no user has, though users might. */
export function organizationOf(userId: string): string {
  return `organization-${Number(userId.slice('user-'.length)) % ORGANIZATIONS}`;
}

/** Every other user is a member, whose events need not say it. */
export function isMember(userId: string): boolean {
  return Number(userId.slice('user-'.length)) % 2 === 0;
}

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
  return Array.from({ length: count }, (_, n) => {
    const userId = `user-${Math.floor(random() * users)}`;
    return {
      ...{ id: `event-${n}`, userId },
      action: ACTIONS[Math.floor(random() * ACTIONS.length)]!,
      value: Math.floor(random() * 100),
      properties: { topic: Math.floor(random() * TOPICS) },
      organizationId: isMember(userId) ? '' : organizationOf(userId),
    };
  });
}

/** Takes back one event in twenty, some of them twice. */
export function reversalsOf(events: readonly SentEvent[], random: () => number): readonly SentReversal[] {
  return events.flatMap(({ id, userId }) => {
    if (random() >= 0.05) return [];
    return Array.from({ length: random() < 0.2 ? 2 : 1 }, (_, n) => ({
      ...{ id: `reversal-${n}-${id}`, userId, reverses: { source: SOURCE, id } },
    }));
  });
}

/** What must come of the events, counted the simplest way there is. */
export function expectedOf(events: readonly SentEvent[]): Expected {
  const totals = new Map<string, { count: number; sum: number }>();
  const topics = new Set<string>();
  /** Each topic once: which event of it comes first is nobody's to say, so that it counts with a constant. */
  const addTopic = (key: string, topic: number): void => {
    if (topics.has(`${key} ${topic}`)) return;
    topics.add(`${key} ${topic}`);
    addTo(key, 1);
  };
  const addTo = (key: string, value: number): void => {
    const { count, sum } = totals.get(key) ?? { count: 0, sum: 0 };
    totals.set(key, { count: count + 1, sum: sum + value });
  };
  const add = (key: string, value: number): void => {
    const [userId = '', action = ''] = key.split(' ');
    addTo(key, value);
    if (OF_TEAMS.includes(action)) addTo(`${organizationOf(userId)} ${action}`, value);
  };
  for (const { userId, action, value, properties } of events) {
    add(`${userId} ${action}`, value);
    if (action === DERIVED.even_report && properties.topic % 2 === 0) add(`${userId} even_report`, value);
    if (action === DERIVED.topic) addTopic(`${userId} topic`, properties.topic);
    if (action !== DERIVED.shared_topic) continue;
    for (const id of [userId, organizationOf(userId)]) addTopic(`${id} shared_topic`, properties.topic);
  }
  const unlocks = new Set<string>();
  for (const userId of new Set(events.map((event) => event.userId))) {
    const earned = Object.entries(THRESHOLDS).filter(
      ([, [action, n]]) => (totals.get(`${userId} ${action}`)?.count ?? 0) >= n,
    );
    for (const [flag] of earned) unlocks.add(`${userId} ${flag}`);
    const keys = earned.map(([flag]) => flag);
    if (OF_EXPERTS.every((flag) => keys.includes(flag))) unlocks.add(`${userId} expert`);
  }
  for (const organizationId of new Set(events.map(({ userId }) => organizationOf(userId)))) {
    for (const [flag, [action, n]] of Object.entries(TEAM_THRESHOLDS))
      if ((totals.get(`${organizationId} ${action}`)?.count ?? 0) >= n) unlocks.add(`${organizationId} ${flag}`);
  }
  return { totals, unlocks };
}

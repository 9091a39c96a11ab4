import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../../core/values/time/time.js';

/** What needs somebody, what is most urgent first. */
export const ATTENTION_KINDS = [
  ...(['STORE_AWAY', 'NO_WORKER', 'FLAGS_BROKEN', 'EVENTS_LATE', 'TIMERS_LATE', 'DEAD_LETTERS'] as const),
  ...(['WEBHOOKS_FAILING', 'WEBHOOKS_LATE', 'SERVERS_CUT_OFF', 'FLAGS_UNKNOWN', 'FLAGS_ARCHIVED_IN_USE'] as const),
  ...(['FLAGS_WITH_WARNINGS', 'FLAGS_ENDED', 'FLAGS_FOR_EVERYONE'] as const),
] as const;
export type AttentionKind = (typeof ATTENTION_KINDS)[number];

/** Something to look at. */
export interface AttentionTarget {
  readonly kind: 'flag' | 'unknown_flag' | 'webhook' | 'lane' | 'server' | 'user' | 'organization';
  readonly id: string;
  /** What is to be said of it alone; '' where the sentence says all. */
  readonly note: string;
  /** Since when it is so of this one, in epoch milliseconds. */
  readonly since?: number;
}

/** One thing that needs somebody. */
export interface Attention {
  readonly kind: AttentionKind;
  readonly sentence: string;
  /** Of how many this is so; {@link COUNTED} stands for as many or more. */
  readonly count: number;
  /** Since when it is so of the one of which it has been so for longest. */
  readonly since?: number;
  /** At most {@link TARGETS_TOLD}. */
  readonly targets: readonly AttentionTarget[];
}

/** To how many is counted. */
export const COUNTED = 1_000;
export const TARGETS_TOLD = 10;
/** How many names a sentence has. */
const NAMES_TOLD = 3;

/** `1 flag`, `2 flags`, `1000 flags or more`. */
export function counted(n: number, one: string, many = `${one}s`): string {
  if (n >= COUNTED) return `${n} ${many} or more`;
  return n === 1 ? `1 ${one}` : `${n} ${many}`;
}

/** `beta, reports, tour and 4 more`. */
export function named(names: readonly string[]): string {
  const told = names.slice(0, NAMES_TOLD).join(', ');
  return names.length > NAMES_TOLD ? `${told} and ${names.length - NAMES_TOLD} more` : told;
}

const UNITS = [
  [DAY_MS, 'day'],
  [HOUR_MS, 'hour'],
  [MINUTE_MS, 'minute'],
] as const;

/** A length of time in its largest unit of which there are at least two: `47 hours`, `2 days`. */
export function inUnits(durationMs: number): string {
  const [unitMs, unit] = UNITS.find(([each]) => durationMs >= 2 * each) ?? [SECOND_MS, 'second'];
  return counted(Math.max(0, Math.floor(durationMs / unitMs)), unit);
}

/** In the order in which it needs somebody. */
export function byUrgency(attention: readonly Attention[]): readonly Attention[] {
  return attention.toSorted((a, b) => ATTENTION_KINDS.indexOf(a.kind) - ATTENTION_KINDS.indexOf(b.kind));
}

import type { LatchkeyError } from '../../calls/errors.js';
import type { Decision } from '../../core/deciding/decision.js';
import type { FlagRequirements, RuleRequirement } from '../../core/requirements/requirement.js';
import type { Fault } from '../../core/values/fault.js';

export const PREVIEW_GROUPS = ['wouldUnlock', 'wouldLose', 'stayOn', 'stayOff'] as const;

/** What a draft would do to a user. */
export type PreviewGroup = (typeof PREVIEW_GROUPS)[number];

export type PreviewCounts = Readonly<Record<PreviewGroup, number>>;

export interface PreviewProgress {
  readonly done: number;
  /** Never below `done`. */
  readonly total: number;
  readonly usersPerSecond: number;
  /** How long the rest will take at this rate, in milliseconds; undefined while it is not known. */
  readonly leftMs: number | undefined;
  readonly counts: PreviewCounts;
}

/** One user with and without the draft. */
export interface PreviewSample {
  readonly userId: string;
  readonly before: Decision;
  /** The decision with the draft and what it asks of the user; without its rules where the answer has no room for them. */
  readonly after: FlagRequirements;
  /** The rule that serves a user who would lose the flag. */
  readonly servedBy: RuleRequirement | undefined;
  /** Rules are left out: the answer has no room for more. */
  readonly shortened: boolean;
}

/** Why nobody is on with a draft. `until`: when its window opens, in epoch milliseconds; undefined when it has closed. */
export interface PreviewBlock {
  readonly reason: 'ARCHIVED' | 'DISABLED' | 'SCHEDULE';
  readonly until: number | undefined;
}

export interface PreviewResult {
  readonly counts: PreviewCounts;
  readonly samples: Readonly<Record<PreviewGroup, readonly PreviewSample[]>>;
  /** The instant for which everybody was decided, in epoch milliseconds. */
  readonly asOf: number;
  /** Of the configuration that the draft was held against. */
  readonly configurationRevision: number;
  readonly blocked: PreviewBlock | undefined;
  /** What is allowed and seldom meant about the draft. */
  readonly warnings: readonly Fault[];
}

export type PreviewEvent =
  | { readonly type: 'progress'; readonly progress: PreviewProgress }
  | { readonly type: 'result'; readonly result: PreviewResult };

/** Where a door writes a preview to. */
export interface PreviewSink {
  /** False: no more progress until {@link PreviewFeed.writable} is called. Must not throw. */
  write(event: PreviewEvent): boolean;
  /** It is over; undefined: the result was the last event. Must not throw. */
  end(failure: LatchkeyError | undefined): void;
}

/** A preview on its way, from the door's side. */
export interface PreviewFeed {
  writable(): void;
  /** The reader has gone: the work stops. */
  close(): void;
}

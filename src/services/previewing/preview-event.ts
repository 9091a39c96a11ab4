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
  /** How many users there are; never fewer than `done`. */
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
  /** The decision with the draft, and what it asks of the user; without rules where the answer has no room for them. */
  readonly after: FlagRequirements;
  /** For a user who would lose the flag, the rule that turns it on now. */
  readonly servedBy: RuleRequirement | undefined;
  /** Whether rules were left out, since the answer has no room for them. */
  readonly shortened: boolean;
}

/** Why the draft is on for nobody. `until` is when its window opens, in epoch milliseconds; undefined when it has closed. */
export interface PreviewBlock {
  readonly reason: 'ARCHIVED' | 'DISABLED' | 'SCHEDULE';
  readonly until: number | undefined;
}

export interface PreviewResult {
  readonly counts: PreviewCounts;
  readonly samples: Readonly<Record<PreviewGroup, readonly PreviewSample[]>>;
  /** The instant at which all users were decided, in epoch milliseconds. */
  readonly asOf: number;
  /** The revision of the configuration that the draft was compared with. */
  readonly configurationRevision: number;
  readonly blocked: PreviewBlock | undefined;
  /** What is allowed in the draft but probably not meant. */
  readonly warnings: readonly Fault[];
}

export type PreviewEvent =
  | { readonly type: 'progress'; readonly progress: PreviewProgress }
  | { readonly type: 'result'; readonly result: PreviewResult };

/** A door's end of a preview: where events are written to. */
export interface PreviewSink {
  /** Takes an event; false asks for no more progress until the door calls {@link PreviewFeed.writable}. Must not throw. */
  write(event: PreviewEvent): boolean;
  /** The preview is over: with a failure or, where it is undefined, with the result as its last event. Must not throw. */
  end(failure: LatchkeyError | undefined): void;
}

/** What a door calls when something happens to the reader of a preview. */
export interface PreviewFeed {
  writable(): void;
  /** The reader has gone: the work stops. */
  close(): void;
}

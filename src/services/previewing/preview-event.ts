import type { LatchkeyError } from '../../calls/errors.js';
import type { Decision } from '../../core/deciding/decision.js';
import type { FlagRequirements, RuleRequirement } from '../../core/requirements/requirement.js';
import type { Fault } from '../../core/values/fault.js';

export const PREVIEW_GROUPS = ['wouldUnlock', 'wouldLose', 'stayOn', 'stayOff'] as const;

/** What a draft would do to a user. */
export type PreviewGroup = (typeof PREVIEW_GROUPS)[number];

export type PreviewCounts = Readonly<Record<PreviewGroup, number>>;

export interface PreviewProgress {
  /** How many were looked at: users, organizations that earn, and members of organizations, whom their organization is counted by. */
  readonly done: number;
  /** How many there are to look at, as far as that is known; never fewer than `done`. */
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

/** Organizations of one group. */
export interface PreviewedOrganizations {
  readonly organizations: number;
  /** Their members, by what the draft does to each. */
  readonly members: PreviewCounts;
  readonly samples: readonly OrganizationSample[];
}

/** What a draft would do to organizations. */
export type OrganizationGroups = Readonly<Record<PreviewGroup, PreviewedOrganizations>>;

/** One organization with and without the draft. */
export interface OrganizationSample {
  readonly organizationId: string;
  /** Its members, by what the draft does to each. */
  readonly members: PreviewCounts;
  /** The rules of the draft that organizations earn, as they stand for it; empty where it is counted by its members. */
  readonly rules: readonly RuleRequirement[];
  /** Whether it was granted the flag by hand, or has earned it by a rule that the draft no longer has. */
  readonly granted: boolean;
  /** For an organization that would lose the flag, the rule by which it has it now. */
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
  /** Organizations by whether they have earned the flag; undefined where no rule of it is earned by organizations. */
  readonly earners: OrganizationGroups | undefined;
  /**
   * Organizations by what the draft does to their members, each in the group of every member; undefined where no rule that users earn
   * reads what their organization has done.
   */
  readonly read: OrganizationGroups | undefined;
  /** The instant at which all users were decided, in epoch milliseconds. */
  readonly asOf: number;
  /** The revision of the configuration that the draft was compared with. */
  readonly configurationRevision: number;
  readonly blocked: PreviewBlock | undefined;
  /** What is allowed in the draft but probably not meant. */
  readonly warnings: readonly Fault[];
}

export type PreviewEvent<Result = PreviewResult> =
  | { readonly type: 'progress'; readonly progress: PreviewProgress }
  | { readonly type: 'result'; readonly result: Result };

/** A door's end of a preview: where events are written to. */
export interface PreviewSink<Result = PreviewResult> {
  /** Takes an event; false asks for no more progress until the door calls {@link PreviewFeed.writable}. Must not throw. */
  write(event: PreviewEvent<Result>): boolean;
  /** The preview is over: with a failure or, where it is undefined, with the result as its last event. Must not throw. */
  end(failure: LatchkeyError | undefined): void;
}

/** What a door calls when something happens to the reader of a preview. */
export interface PreviewFeed {
  writable(): void;
  /** The reader has gone: the work stops. */
  close(): void;
}

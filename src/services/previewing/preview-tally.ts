import type { Decision } from '../../core/deciding/decision.js';
import type { RuleRequirement } from '../../core/requirements/requirement.js';
import type { PreviewCounts, PreviewGroup, PreviewSample } from './preview-event.js';
import type { Previewed, PreviewSide } from './preview-side.js';
import type { SampleRoom } from './sample-room.js';

export interface PreviewSides {
  readonly before: PreviewSide;
  readonly after: PreviewSide;
}

/** What a tally is of, and how much of it may be told. */
export interface TallyOptions {
  readonly sides: PreviewSides;
  readonly sampleSize: number;
  readonly room: SampleRoom;
}

/** Counts users by what the draft does to them, and keeps a sample of each group with the reasons. */
export class PreviewTally {
  readonly #sides: PreviewSides;
  readonly #sampleSize: number;
  readonly #room: SampleRoom;
  readonly #counts: Counting = noCounts();
  readonly #samples: Record<PreviewGroup, PreviewSample[]> = {
    wouldUnlock: [],
    wouldLose: [],
    stayOn: [],
    stayOff: [],
  };

  constructor({ sides, sampleSize, room }: TallyOptions) {
    this.#sides = sides;
    this.#sampleSize = sampleSize;
    this.#room = room;
  }

  get counts(): PreviewCounts {
    return { ...this.#counts };
  }

  get samples(): Readonly<Record<PreviewGroup, readonly PreviewSample[]>> {
    return this.#samples;
  }

  /** Counts a user; gives the group. */
  add(previewed: Previewed): PreviewGroup {
    const group = userGroup(this.#sides, previewed);
    this.#counts[group]++;
    const samples = this.#samples[group];
    if (samples.length < this.#sampleSize) samples.push(this.#sample(previewed, group));
    return group;
  }

  #sample(previewed: Previewed, group: PreviewGroup): PreviewSample {
    const before = this.#sides.before.decision(previewed);
    const after = this.#sides.after.requirements(previewed)!;
    const servedBy =
      group === 'wouldLose' ? ruleOf(before, this.#sides.before.requirements(previewed)?.rules) : undefined;
    const { rules, ...told } = this.#room.take(after.rules, servedBy);
    return { userId: previewed.user.id, before, after: { ...after, rules }, ...told };
  }
}

export type Counting = Record<PreviewGroup, number>;

export function noCounts(): Counting {
  return { wouldUnlock: 0, wouldLose: 0, stayOn: 0, stayOff: 0 };
}

/** What the draft does to a user. */
export function userGroup({ before, after }: PreviewSides, previewed: Previewed): PreviewGroup {
  return groupOf(before.isOn(previewed), after.isOn(previewed));
}

export function groupOf(before: boolean, after: boolean): PreviewGroup {
  if (before) return after ? 'stayOn' : 'wouldLose';
  return after ? 'wouldUnlock' : 'stayOff';
}

/** The rule by which a decision is on. */
export function ruleOf(
  { ruleId }: Decision,
  rules: readonly RuleRequirement[] | undefined,
): RuleRequirement | undefined {
  return rules?.find((rule) => rule.ruleId === ruleId);
}

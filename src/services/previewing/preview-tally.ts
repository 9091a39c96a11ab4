import type { Decision } from '../../core/deciding/decision.js';
import type { FlagRequirements, RuleRequirement } from '../../core/requirements/requirement.js';
import type { PreviewCounts, PreviewGroup, PreviewSample } from './preview-event.js';
import type { Previewed, PreviewSide } from './preview-side.js';

export interface PreviewSides {
  readonly before: PreviewSide;
  readonly after: PreviewSide;
}

/** How many characters of JSON all samples together may have about rules: clients take answers of 4 MiB at most. */
const MAX_TEXT = 1_000_000;

/** Counts users by what the draft does to them, and keeps a sample of each group with the reasons. */
export class PreviewTally {
  readonly #sides: PreviewSides;
  readonly #sampleSize: number;
  readonly #counts: Record<PreviewGroup, number> = { wouldUnlock: 0, wouldLose: 0, stayOn: 0, stayOff: 0 };
  readonly #samples: Record<PreviewGroup, PreviewSample[]> = {
    wouldUnlock: [],
    wouldLose: [],
    stayOn: [],
    stayOff: [],
  };
  #textLeft = MAX_TEXT;

  constructor(sides: PreviewSides, sampleSize: number) {
    this.#sides = sides;
    this.#sampleSize = sampleSize;
  }

  get counts(): PreviewCounts {
    return { ...this.#counts };
  }

  get samples(): Readonly<Record<PreviewGroup, readonly PreviewSample[]>> {
    return this.#samples;
  }

  add(previewed: Previewed): void {
    const { before, after } = this.#sides;
    const group = groupOf(before.isOn(previewed), after.isOn(previewed));
    this.#counts[group]++;
    const samples = this.#samples[group];
    if (samples.length < this.#sampleSize) samples.push(this.#sample(previewed, group));
  }

  #sample(previewed: Previewed, group: PreviewGroup): PreviewSample {
    const before = this.#sides.before.decision(previewed);
    const after = this.#sides.after.requirements(previewed)!;
    const servedBy = group === 'wouldLose' ? ruleOf(before, this.#sides.before.requirements(previewed)) : undefined;
    const length = JSON.stringify([after.rules, servedBy]).length;
    const sample = { userId: previewed.user.id, before, after, servedBy, shortened: false };
    if (length > this.#textLeft) {
      return { ...sample, after: { ...after, rules: [] }, servedBy: undefined, shortened: true };
    }
    this.#textLeft -= length;
    return sample;
  }
}

function groupOf(before: boolean, after: boolean): PreviewGroup {
  if (before) return after ? 'stayOn' : 'wouldLose';
  return after ? 'wouldUnlock' : 'stayOff';
}

function ruleOf({ ruleId }: Decision, requirements: FlagRequirements | undefined): RuleRequirement | undefined {
  return requirements?.rules.find((rule) => rule.ruleId === ruleId);
}

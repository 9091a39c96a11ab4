import type { RuleRequirement } from '../../core/requirements/requirement.js';

/** How many characters of JSON all samples together may have about rules: clients take answers of 4 MiB at most. */
const MAX_TEXT = 1_000_000;

export interface SampledRules {
  readonly rules: readonly RuleRequirement[];
  readonly servedBy: RuleRequirement | undefined;
  /** Whether rules were left out, since the answer has no room for them. */
  readonly shortened: boolean;
}

/** The room that all samples of an answer have for what they say of rules. */
export class SampleRoom {
  #left = MAX_TEXT;

  /** The rules, or none where there is no more room for them. */
  take(rules: readonly RuleRequirement[], servedBy: RuleRequirement | undefined): SampledRules {
    const { length } = JSON.stringify([rules, servedBy]);
    if (length > this.#left) return { rules: [], servedBy: undefined, shortened: true };
    this.#left -= length;
    return { rules, servedBy, shortened: false };
  }
}

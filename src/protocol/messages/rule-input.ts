import type { RulePolicy } from '../../core/flags/flag.js';
import { RULE_DEFAULTS, type RuleInput } from '../../core/flags/parse-rules.js';
import type { Rule } from '../gen/latchkey/v1/flag.js';
import { enumWord, jsonObject } from './fields.js';

const POLICIES: readonly RulePolicy[] = ['LIVE', 'LIVE', 'LATCHING'];

/**
 * The input that a request gives of a flag's rules. With `whole`, what a rule leaves out has its default; without it, a rule
 * that exists keeps what is left out.
 */
export function ruleInputs(rules: readonly Rule[], whole: boolean): readonly RuleInput[] {
  return rules.map((rule, index) => {
    const given = ruleInput(rule, `/rules/${index}`);
    return whole ? { ...RULE_DEFAULTS, ...given } : given;
  });
}

/** The input that a request gives of one rule; `field` is its place in the request, for messages. */
export function ruleInput(rule: Rule, pointer: string): RuleInput {
  const { id, name, policy, rollout, bucketBy, distribution } = rule;
  const conditions = jsonObject(rule.conditions);
  return {
    ...(id === '' ? {} : { id }),
    ...(name === '' ? {} : { name }),
    ...(conditions === undefined ? {} : { conditions }),
    ...(policy === undefined ? {} : { policy: enumWord(POLICIES, policy, `${pointer}/policy`) }),
    ...(rollout === undefined ? {} : { rolloutPer100k: rollout }),
    ...(bucketBy === '' ? {} : { bucketBy }),
    ...(distribution.length === 0 ? {} : { distribution }),
  };
}

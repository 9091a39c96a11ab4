import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import type { Flag, Rule } from '../../src/core/flags/flag.js';
import { describeConditions } from '../../src/core/sentences/conditions-words.js';
import { describeDifference } from '../../src/core/sentences/difference.js';
import { describeFlag } from '../../src/core/sentences/flag-words.js';
import { describeRule } from '../../src/core/sentences/rule-words.js';
import type { Names, Spoken } from '../../src/core/sentences/speaking.js';
import { flagOf, ruleOf } from '../../src/core/testing/samples.js';
import type { JsonObject } from '../../src/core/values/json.js';

/** A corpus of what is said: conditions, rules and differences, each with its sentence. */
function read<T>(file: string): readonly T[] {
  return parse(readFileSync(join(import.meta.dirname, file), 'utf8')) as readonly T[];
}

interface ConditionsCase {
  readonly says: string;
  readonly conditions: JsonObject;
  readonly of?: Spoken;
  /** Names by key. */
  readonly segments?: Readonly<Record<string, string>>;
  readonly flags?: Readonly<Record<string, string>>;
}

describe('what is said of conditions', () => {
  const cases = read<ConditionsCase>('conditions.yaml');

  it.each(cases.map((given) => [given.says, given] as const))(
    '%s',
    (says, { conditions, of = 'people', segments, flags }) => {
      const names: Names = { segment: (key) => segments?.[key], flag: (key) => flags?.[key] };
      const { text, parts } = describeConditions(conditions, { names, of });
      expect(text).toBe(says);
      expect(parts.map((part) => part.text).join('')).toBe(text);
    },
  );
});

describe('what is said of rules', () => {
  const cases = read<{ readonly says: string; readonly rule: Partial<Rule> }>('rules.yaml');

  it.each(cases.map((given) => [given.says, given] as const))('%s', (says, { rule }) => {
    expect(describeRule(ruleOf('r', rule)).text).toBe(says);
  });
});

type FlagCase = Partial<Omit<Flag, 'rules'>> & {
  readonly rules?: readonly (Partial<Rule> & { readonly id: string })[];
};

describe('what is said of differences', () => {
  const cases = read<{ readonly differences: readonly string[]; readonly before: FlagCase; readonly after: FlagCase }>(
    'differences.yaml',
  );

  it.each(cases.map((given) => [given.differences.join('; '), given] as const))(
    '%s',
    (_, { differences, before, after }) => {
      expect(describeDifference(flag(before), flag(after)).map(({ text }) => text)).toEqual(differences);
    },
  );
});

describe('what is said of flags', () => {
  const cases = read<{ readonly says: string; readonly flag: FlagCase }>('flags.yaml');

  it.each(cases.map((given) => [given.says, given] as const))('%s', (says, given) => {
    expect(describeFlag(flag(given.flag)).text).toBe(says);
  });
});

function flag({ rules = [], ...given }: FlagCase): Flag {
  return flagOf('reports', { ...given, rules: rules.map((rule) => ruleOf(rule.id, rule)) });
}

it('has at least eighty cases', () => {
  expect(['conditions.yaml', 'rules.yaml', 'differences.yaml'].flatMap(read).length).toBeGreaterThanOrEqual(80);
});

import type { Flag } from '../flags/flag.js';
import { shownInstant } from '../values/time/time.js';
import { listed, part, type Sentence, say, sentence, textOf, type Words } from './part.js';
import { ruleWords } from './rule-words.js';
import { titleOf } from './rules-difference.js';
import { BY_KEY, flagPart, type Names, namePart } from './speaking.js';

/** What of a flag its sentence is made of. */
export type DescribedFlag = Pick<
  Flag,
  'archived' | 'active' | 'isEnabledGlobally' | 'rules' | 'hasRows' | 'prerequisites' | 'startsAt' | 'endsAt'
>;

/** How many rules, and prerequisites, are told one by one. */
const MAX_TOLD = 3;
/** In characters: a rule of which more would be said is told by its name, so that the sentence stays a line. */
const LONGEST_RULE = 160;

/**
 * Who gets a flag, in one line: `everyone who created at least 10 reports, for good; access rows come first; with the flag "Reports" on`.
 * That there are access rows is told, whom they name is not, and neither are grants. The parts point into the flag as the interfaces show it: `/rules/0/rollout`.
 */
export function describeFlag(flag: DescribedFlag, names: Names = BY_KEY): Sentence {
  return sentence(flagWords(flag, names));
}

function flagWords(flag: DescribedFlag, names: Names): Words {
  if (flag.archived) return say`nobody, since it is ${part('field', 'archived', '/archived')}`;
  if (!flag.active) return say`nobody, since it is ${part('field', 'switched off', '/active')}`;
  return say`${whomGiven(flag, names)}${prerequisiteWords(flag, names)}${windowWords(flag)}`;
}

function whomGiven({ isEnabledGlobally, rules, hasRows }: DescribedFlag, names: Names): Words {
  const rowsFirst = hasRows === true ? say`; access rows come first` : [];
  if (isEnabledGlobally) return say`${[part('field', 'everyone', '/is_enabled_globally')]}${rowsFirst}`;
  if (rules.length === 0) return hasRows === true ? say`only whom access rows let in` : say`nobody by rules`;
  const told = rules.slice(0, MAX_TOLD).map((rule, i) => {
    const words = ruleWords(rule, names, `/rules/${i}`);
    return textOf(words).length <= LONGEST_RULE ? words : say`whoever ${titleOf(rule, i)} is for`;
  });
  const more = rules.length - told.length;
  if (more > 0) told.push(say`whoever ${String(more)} more ${more === 1 ? 'rule is' : 'rules are'} for`);
  // Rules have commas of their own.
  const rulesTold = told.flatMap((words, i) =>
    i === 0 ? words : say`${i === told.length - 1 ? '; or ' : '; '}${words}`,
  );
  return say`${rulesTold}${rowsFirst}`;
}

function prerequisiteWords({ prerequisites }: DescribedFlag, names: Names): Words {
  if (prerequisites.length === 0) return [];
  const told = prerequisites.slice(0, MAX_TOLD).map(({ flagKey, variant }, i): Words => {
    const flag = flagPart(flagKey, `/prerequisites/${i}/flag_key`, { of: 'people', names });
    const at = variant === '' ? [] : say` at ${namePart('variant', variant, `/prerequisites/${i}/variant`)}`;
    return say`${flag}${at}`;
  });
  const more = prerequisites.length - told.length;
  if (more > 0) told.push(say`${String(more)} more`);
  return say`; where ${prerequisites.length === 1 ? 'the flag' : 'the flags'} ${listed(told, 'and')} ${prerequisites.length === 1 ? 'is' : 'are'} on`;
}

function windowWords({ startsAt, endsAt }: DescribedFlag): Words {
  const from =
    startsAt === undefined ? [] : say` from ${part('value', shownInstant(startsAt), '/starts_at', startsAt)}`;
  const until = endsAt === undefined ? [] : say` until ${part('value', shownInstant(endsAt), '/ends_at', endsAt)}`;
  return from.length + until.length === 0 ? [] : say`;${from}${until}`;
}

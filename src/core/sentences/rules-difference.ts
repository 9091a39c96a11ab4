import type { Rule } from '../flags/flag.js';
import { inBrief, type JsonValue, sameJson } from '../values/json.js';
import { conditionsDifferences } from './conditions-difference.js';
import { type Difference, difference, isReordered } from './difference-list.js';
import { listed, type Part, part, say, unplaced, type Words } from './part.js';
import { distributionWords, percent, ruleWords } from './rule-words.js';
import type { Names } from './speaking.js';

/** What differs between two lists of a flag's rules, which are matched by their ids. */
export function rulesDifferences(was: readonly Rule[], is: readonly Rule[], names: Names): readonly Difference[] {
  const before = new Map(was.map((rule) => [rule.id, rule]));
  const kept = new Set(is.map(({ id }) => id));
  const changed = is.flatMap((rule, i) => {
    const pointer = `/rules/${i}`;
    const then = before.get(rule.id);
    if (then !== undefined) return ruleDifferences(then, rule, pointer, names);
    return [difference(pointer, say`new ${titleOf(rule, i, pointer)}: ${ruleWords(rule, names, pointer)}`)];
  });
  const gone = was.flatMap((rule, i) => {
    if (kept.has(rule.id)) return [];
    const words = say`${titleOf(rule, i)} is gone, which was for ${ruleWords(rule, names, '')}`;
    return [difference('/rules', unplaced(words))];
  });
  return [...changed, ...gone, ...orderDiffers(was, is)];
}

function orderDiffers(was: readonly Rule[], is: readonly Rule[]): readonly Difference[] {
  const ids = (rules: readonly Rule[]): string[] => rules.map(({ id }) => id);
  if (!isReordered(ids(was), ids(is))) return [];
  const titles = is.map((rule, i) => titleOf(rule, i, `/rules/${i}`));
  return [difference('/rules', say`the rules are in another order: ${listed(titles, 'and')}`)];
}

/** `rule "10 reports"`, or `rule 2` for one without a name. */
export function titleOf({ id, name }: Pick<Rule, 'id' | 'name'>, index: number, pointer?: string): Words {
  return [part('rule', `rule ${name === '' ? index + 1 : inBrief(name)}`, pointer, id)];
}

function ruleDifferences(was: Rule, is: Rule, pointer: string, names: Names): readonly Difference[] {
  const index = Number(pointer.split('/').at(-1));
  const title = titleOf(is, index, pointer);
  const of = is.earnedBy === 'ORGANIZATION' ? 'organizations' : 'people';
  const at = (name: string): string => `${pointer}/${name}`;
  const found: Difference[] = [];
  const tell = (name: string, words: Words): void => void found.push(difference(at(name), say`${title} ${words}`));
  if (was.name !== is.name) {
    const named = (name: string): string => (name === '' ? 'nothing' : inBrief(name));
    const then = part('value', named(was.name), undefined, was.name);
    tell('name', say`is called ${part('value', named(is.name), at('name'), is.name)} instead of ${then}`);
  }
  const options = { names, of, pointerBase: at('conditions') } as const;
  for (const { pointer: place, words } of conditionsDifferences(was.conditions, is.conditions, options))
    found.push(difference(place, say`${title} ${words}`));
  if (was.policy !== is.policy) {
    const [now, then] = is.policy === 'LATCHING' ? ['for good', 'while it holds'] : ['while it holds', 'for good'];
    tell('policy', say`gives it ${part('field', now!, at('policy'), is.policy)} instead of ${then!}`);
  }
  if (was.onReversal !== is.onReversal) {
    const kept = is.onReversal === 'RELOCK' ? 'is lost' : 'stays';
    tell('on_reversal', say`${part('field', kept, at('on_reversal'))} when what earned it is taken back`);
  }
  if (was.earnedBy !== is.earnedBy) {
    const earner = is.earnedBy === 'ORGANIZATION' ? 'organizations' : 'each user';
    tell('earned_by', say`is earned by ${part('field', earner, at('earned_by'), is.earnedBy)}`);
  }
  if (was.rolloutPer100k !== is.rolloutPer100k) {
    const share = (per100k: number, place?: string): Part => part('value', percent(per100k), place, per100k);
    tell('rollout', say`goes to ${share(is.rolloutPer100k, at('rollout'))} instead of ${share(was.rolloutPer100k)}`);
  }
  if (was.bucketBy !== is.bucketBy) {
    tell(
      'bucket_by',
      say`is spread over ${overWords(is.bucketBy, at('bucket_by'))} instead of ${overWords(was.bucketBy)}`,
    );
  }
  if (!sameJson(was.distribution as unknown as JsonValue, is.distribution as unknown as JsonValue)) {
    const served = ({ distribution }: Rule): Words =>
      distribution.length === 0 ? say`what the flag serves` : distributionWords(distribution, at('distribution'));
    tell('distribution', say`serves ${served(is)} instead of ${unplaced(served(was))}`);
  }
  return found;
}

function overWords(bucketBy: string, pointer?: string): Words {
  const over =
    bucketBy === 'user'
      ? 'users'
      : bucketBy === 'organization'
        ? 'organizations'
        : `values of the attribute ${inBrief(bucketBy.slice('attribute:'.length))}`;
  return [part('field', over, pointer, bucketBy)];
}

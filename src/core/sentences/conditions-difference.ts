import { sameMeaning } from '../flags/same-meaning.js';
import { isJsonObject, type JsonObject, type JsonValue, ownMember, sameJson } from '../values/json.js';
import { clauseOf, type DescribeOptions, whomWords } from './conditions-words.js';
import { goalOf } from './goal-words.js';
import { part, say, unplaced, type Words } from './part.js';

/** One thing that differs between two sets of conditions, as the rest of a sentence about who has them. */
export interface ConditionsDifference {
  readonly pointer: string;
  readonly words: Words;
}

/** How many comparisons are told one by one; where more differ, the whole is told. */
const MAX_TOLD = 4;

/** What differs between two sets of conditions: nothing exactly where they are the same JSON. */
export function conditionsDifferences(
  before: JsonObject,
  after: JsonObject,
  options: DescribeOptions & { readonly pointerBase: string },
): readonly ConditionsDifference[] {
  const { pointerBase } = options;
  if (sameJson(before, after)) return [];
  if (sameMeaning(before, after)) return [{ pointer: pointerBase, words: say`has other labels on its conditions` }];
  const found = nodeDifferences(before, after, pointerBase, options);
  if (found !== undefined && found.length > 0 && found.length <= MAX_TOLD) return found;
  const was = unplaced(whomWords(before, options));
  return [{ pointer: pointerBase, words: say`is for ${whomWords(after, options)} instead of ${was}` }];
}

type Found = readonly ConditionsDifference[] | undefined;

/** The differences of two nodes; undefined where they have nothing in common by which to tell them. */
function nodeDifferences(before: JsonObject, after: JsonObject, pointer: string, options: DescribeOptions): Found {
  if (sameMeaning(before, after)) return [];
  for (const group of ['all', 'any'] as const) {
    const [was, is] = [ownMember(before, group), ownMember(after, group)];
    if (!Array.isArray(was) || !Array.isArray(is)) continue;
    return memberDifferences(group, { was: was.filter(isJsonObject), is: is.filter(isJsonObject) }, pointer, options);
  }
  if (Object.hasOwn(before, 'fact') && Object.hasOwn(after, 'fact'))
    return [{ pointer, words: leafDifference(before, after, pointer, options) }];
  return undefined;
}

interface Members {
  readonly was: readonly JsonObject[];
  readonly is: readonly JsonObject[];
}

function memberDifferences(
  group: 'all' | 'any',
  { was, is }: Members,
  pointer: string,
  options: DescribeOptions,
): Found {
  // A group without members holds for everybody, which is told of the whole.
  if (was.length === 0 || is.length === 0) return undefined;
  const left = [...was];
  const fresh = is.flatMap((member, i) => {
    const at = left.findIndex((other) => sameMeaning(other, member));
    if (at < 0) return [{ member, at: `${pointer}/${group}/${i}` }];
    left.splice(at, 1);
    return [];
  });
  if (left.length === 0 && fresh.length === 0)
    return [{ pointer: `${pointer}/${group}`, words: say`has its conditions in another order` }];
  const [also, no] =
    group === 'all' ? ['now also asks for', 'no longer asks for'] : ['now also takes', 'no longer takes'];
  if (left.length === fresh.length) {
    const pairs = fresh.map(({ member, at }, i) => nodeDifferences(left[i]!, member, at, options));
    return pairs.every((found) => found !== undefined) ? pairs.flat() : undefined;
  }
  return [
    ...fresh.map(({ member, at }) => ({ pointer: at, words: say`${also} ${clauseOf(member, at, options)}` })),
    ...left.map((member) => ({
      pointer: `${pointer}/${group}`,
      words: say`${no} ${unplaced(clauseOf(member, '', options))}`,
    })),
  ];
}

function leafDifference(before: JsonObject, after: JsonObject, pointer: string, options: DescribeOptions): Words {
  const goal = sharedGoal(before, after, pointer);
  if (goal !== undefined) return goal;
  const was = unplaced(clauseOf(before, '', options));
  return say`asks for ${clauseOf(after, pointer, options)} instead of ${was}`;
}

/** `now needs 8 reports instead of 10`: for two comparisons that ask for at least so many of the same. */
function sharedGoal(before: JsonObject, after: JsonObject, pointer: string): Words | undefined {
  const [was, is] = [ownMember(before, 'value'), ownMember(after, 'value')];
  if (typeof was !== 'number' || typeof is !== 'number') return undefined;
  if (!sameMeaning(before, { ...after, value: was })) return undefined;
  const goal = goalOf(after, is, pointer);
  const now: JsonValue = is;
  return (
    goal &&
    say`now needs ${part('value', String(is), `${pointer}/value`, now)} ${goal} instead of ${part('value', String(was), undefined, was)}`
  );
}

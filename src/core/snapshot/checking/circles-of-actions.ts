import { nodesOf, referencesOf } from '../../conditions/references.js';
import type { Derivation, Flag, Segment } from '../../flags/flag.js';
import { findCircle } from '../../values/find-circle.js';
import { isJsonObject, type JsonObject, ownMember } from '../../values/json.js';
import type { Snapshot } from '../snapshot.js';

/** What is written, as it will be: it stands in place of what the snapshot has. */
export interface Rewritten {
  readonly flag?: Pick<Flag, 'key' | 'rules'>;
  readonly segment?: Pick<Segment, 'key' | 'conditions'>;
  readonly derived?: ReadonlyMap<string, Derivation>;
}

/**
 * A circle in which a flag is unlocked by an action that counts since the flag was unlocked, directly or not, as a path of flags' keys,
 * of segments as `segment KEY` and of actions as `action NAME`; undefined where what is written leads to none.
 */
export function circleOfActions(
  { flags, segments, derivations }: Pick<Snapshot, 'flags' | 'segments' | 'derivations'>,
  { flag, segment, derived = derivations.all }: Rewritten,
): readonly string[] | undefined {
  if (![...derived.values()].some(({ since }) => since?.unlock !== undefined)) return undefined;
  const conditionsOf = (name: string): readonly JsonObject[] => {
    const key = keyAfter(SEGMENT, name);
    if (key !== undefined) {
      const conditions = key === segment?.key ? segment.conditions : segments.get(key)?.conditions;
      return conditions === undefined ? [] : [conditions];
    }
    const rules = name === flag?.key ? flag.rules : flags.get(name)?.stored.rules;
    return (rules ?? []).map(({ conditions }) => conditions);
  };
  const next = (name: string): readonly string[] => {
    const action = keyAfter(ACTION, name);
    if (action !== undefined) {
      const since = derived.get(action)?.since;
      return since?.unlock === undefined ? [] : [since.unlock.flagKey];
    }
    const conditions = conditionsOf(name);
    const named = referencesOf(...conditions);
    return [
      ...named.unlockedFlags,
      ...Array.from(named.segments.keys(), (key) => `${SEGMENT}${key}`),
      ...conditions.flatMap((one) => actionsIn(one, derived)),
    ];
  };
  const starts = [
    ...(flag === undefined ? [] : [flag.key]),
    ...(segment === undefined ? [] : [`${SEGMENT}${segment.key}`]),
    ...(derived === derivations.all ? [] : Array.from(derived.keys(), (name) => `${ACTION}${name}`)),
  ];
  return findCircle(starts, next);
}

/** Come before a segment's key or an action where flags are nodes, too. No flag's key has a space. */
const SEGMENT = 'segment ';
const ACTION = 'action ';

function keyAfter(prefix: string, name: string): string | undefined {
  return name.startsWith(prefix) ? name.slice(prefix.length) : undefined;
}

/** Those of the derived actions that conditions read. */
function actionsIn(conditions: JsonObject, derived: ReadonlyMap<string, Derivation>): readonly string[] {
  return [...nodesOf(conditions, '')].flatMap(({ node }) => {
    const params = ownMember(node, 'params');
    const action = isJsonObject(params) ? ownMember(params, 'action') : undefined;
    return typeof action === 'string' && derived.has(action) ? [`${ACTION}${action}`] : [];
  });
}

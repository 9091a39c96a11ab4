import { type RequirementNode, requirementTrees, type Target } from '../requirements/compile-requirement.js';
import type { Requirement, RuleRequirement } from '../requirements/requirement.js';
import { type Asked, requirementsOf } from '../requirements/requirements-of.js';
import { clauseOf } from '../sentences/conditions-words.js';
import { part, type Sentence, say, sentence, unplaced, type Words } from '../sentences/part.js';
import { BY_KEY, type Names } from '../sentences/speaking.js';
import type { CompiledFlag, Snapshot } from '../snapshot/snapshot.js';
import type { JsonObject } from '../values/json.js';
import { namesIn } from './line-words.js';
import { nearestRule } from './missing-leaf.js';
import { STAGE_FACTS } from './stage-openings.js';

/** A condition that users miss. */
export interface Missed {
  /** The name that the condition has; '' without one. */
  readonly label: string;
  /** As it would stand in a rule; absent where it may not be told. */
  readonly condition?: JsonObject;
  /** How many users miss it. */
  readonly users: number;
  /** The flags that ask for it, by key. */
  readonly flagKeys: readonly string[];
  /** `88 % are not yet somebody who created at least 10 reports`. */
  readonly sentence: Sentence;
}

/** One condition that one user misses of one flag. */
interface MissedLeaf {
  /** What tells conditions apart: flags that ask for the same have it in common. */
  readonly id: string;
  readonly label: string;
  readonly condition: JsonObject | undefined;
  readonly words: Words;
}

/**
 * What users miss most, counted over one user after the other. Of each flag that a user has not, and that nothing but its rules keeps
 * from them, counts what is missing of the rule that is nearest to them: all of an `all`, what is nearest of an `any`. That they are not
 * in a later stage is not counted, since it is whom is asked about.
 */
export class MissedTally {
  readonly #known = new Map<string, { leaf: MissedLeaf; users: number; flagKeys: Set<string> }>();
  #users = 0;

  /** How many users were added. */
  get users(): number {
    return this.#users;
  }

  /** Counts a user; the flags are told as the audience may be told of them. */
  add(flags: readonly CompiledFlag[], asked: Asked): void {
    this.#users += 1;
    const counted = new Set<string>();
    for (const compiled of flags) {
      for (const leaf of missedOf(compiled, asked)) {
        const known = this.#known.get(leaf.id) ?? { leaf, users: 0, flagKeys: new Set() };
        this.#known.set(leaf.id, known);
        known.flagKeys.add(compiled.flag.key);
        if (counted.has(leaf.id)) continue;
        counted.add(leaf.id);
        known.users += 1;
      }
    }
  }

  /** Those first that most users miss, `limit` at most. */
  most(limit: number): readonly Missed[] {
    const all = [...this.#known].toSorted(([a, one], [b, other]) => other.users - one.users || (a < b ? -1 : 1));
    return all.slice(0, limit).map(([, { leaf, users, flagKeys }]) => ({
      label: leaf.label,
      ...(leaf.condition === undefined ? {} : { condition: leaf.condition }),
      users,
      flagKeys: [...flagKeys].toSorted(),
      sentence: sentence(unplaced(say`${shareOf(users, this.#users)} ${leaf.words}`)),
    }));
  }
}

/** As whole percent, of which there are 0 and 100 only where they are exact. */
function shareOf(some: number, all: number): Words {
  const percent = some === all ? 100 : Math.min(Math.max(Math.round((100 * some) / all), 1), 99);
  return [part('value', `${percent} %`, undefined, percent)];
}

function missedOf(compiled: CompiledFlag, asked: Asked): readonly MissedLeaf[] {
  const { decision, blockedBy, rules } = requirementsOf(compiled, asked);
  const isBlocked = blockedBy.some(({ reason }) => reason !== 'PREREQUISITE');
  if (decision.enabled || isBlocked) return [];
  const rule = nearestRule(rules);
  const tree = rule && treeOf(compiled, rule, asked.snapshot);
  if (tree === undefined) return [];
  const names = asked.audience === 'OPERATOR' ? namesIn(asked.snapshot) : BY_KEY;
  return missing({ node: tree, requirement: rule!.requirement })
    .filter(({ node }) => !readsStagesAlone(node))
    .map((leaf) => missedLeaf(leaf, { names, isOrganizations: rule!.earnedBy === 'ORGANIZATION' }));
}

/** The tree that a rule's requirement was shown of; undefined for one that an organization earns, of a user in none. */
function treeOf(compiled: CompiledFlag, rule: RuleRequirement, snapshot: Snapshot): RequirementNode | undefined {
  const entry = compiled.rules.find((one) => one.rule.id === rule.ruleId);
  if (entry === undefined) return undefined;
  if (!entry.byOrganization) return requirementTrees(snapshot, compiled)[compiled.rules.indexOf(entry)];
  if (rule.requirement.comparison === undefined && rule.requirement.group === undefined) return undefined;
  const { judging } = snapshot.organizationEarners!;
  const { rules } = compiled.organizations!;
  return requirementTrees(judging, compiled.organizations!)[rules.findIndex((one) => one.rule.id === rule.ruleId)];
}

/** A node with what it comes to for a user. */
interface Shown {
  readonly node: RequirementNode;
  readonly requirement: Requirement;
}

/** The parts that have to be met, as `missingInWords` takes them. */
function missing(shown: Shown): readonly Shown[] {
  const { node, requirement } = shown;
  const { group } = requirement;
  if (group === undefined || group === 'not' || node.kind === 'comparison') return [shown];
  const unmet = membersOf(shown).filter((member) => !member.requirement.met);
  if (unmet.length === 0) return [shown];
  if (group === 'all') return unmet.flatMap(missing);
  return missing(unmet.find((member) => member.requirement.nearest) ?? unmet[0]!);
}

function membersOf({ node, requirement }: Shown): readonly Shown[] {
  const nodes = node.kind === 'comparison' ? [] : node.children;
  return requirement.children.map((child, i) => ({ node: nodes[i]!, requirement: child }));
}

function readsStagesAlone(node: RequirementNode): boolean {
  if (node.kind === 'comparison') return STAGE_FACTS.has(node.fact.definition.name);
  return node.children.length > 0 && node.children.every(readsStagesAlone);
}

interface Speaker {
  readonly names: Names;
  /** Whether it is the user's organization that has to earn it. */
  readonly isOrganizations: boolean;
}

function missedLeaf(shown: Shown, { names, isOrganizations }: Speaker): MissedLeaf {
  const { label, group } = shown.requirement;
  const isNamedGroup = group !== undefined && label !== '';
  const condition = isNamedGroup ? undefined : conditionOf(shown);
  const name = group === undefined && condition !== undefined ? shown.node.name : label;
  const of = isOrganizations ? 'organizations' : 'people';
  const has = isOrganizations ? 'are in an organization that is' : 'are';
  const told = condition ?? {};
  const { not: inner } = told;
  const words =
    condition === undefined
      ? say`miss ${part('field', label === '' ? 'something that is not told' : label)}`
      : group === 'not'
        ? say`${has} still ${clauseOf(inner as JsonObject, '', { names, of })}`
        : say`${has} not yet ${clauseOf(told, '', { names, of })}`;
  const id = JSON.stringify([of, condition ?? label]);
  return { id, label: name, condition, words };
}

/** A node as a condition; undefined where something of it may not be told. */
function conditionOf(shown: Shown): JsonObject | undefined {
  const { node, requirement } = shown;
  const { comparison } = requirement;
  if (node.kind !== 'group') {
    if (comparison === undefined) return undefined;
    const { fact, params, path, operator } = comparison;
    return {
      fact,
      ...(Object.keys(params).length === 0 ? {} : { params }),
      ...(path === '' ? {} : { path }),
      ...{ operator, value: comparedWith(node.target) },
    };
  }
  if (requirement.group === undefined) return undefined;
  const members = membersOf(shown).map(conditionOf);
  const told = members.filter((member) => member !== undefined);
  if (told.length < members.length) return undefined;
  return node.group === 'not' ? { not: told[0] ?? {} } : { [node.group]: told };
}

/** What a comparison compares with, as a condition says it. */
function comparedWith(target: Target): JsonObject[string] {
  if ('constant' in target) return target.constant;
  const { definition, params, path } = target.fact;
  const rest = Object.keys(params).length === 0 ? {} : { params };
  return { fact: definition.name, ...rest, ...(path === '' ? {} : { path }) };
}

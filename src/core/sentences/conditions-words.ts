import { isJsonObject, type JsonObject, ownMember } from '../values/json.js';
import { leafClause } from './leaf-words.js';
import { listed, part, type Sentence, say, sentence, type Words } from './part.js';
import { BY_KEY, type Names, PRONOUNS, type Speaking, type Spoken, segmentPart } from './speaking.js';

/** What is said of conditions, as a tree without `not`: that is said in the words of each comparison. */
type Said =
  | { readonly kind: 'clause'; readonly words: Words }
  | { readonly kind: 'all' | 'any'; readonly members: readonly Said[] };

const EVERYBODY: Said = { kind: 'all', members: [] };
const NOBODY: Said = { kind: 'any', members: [] };

export interface DescribeOptions {
  /** How segments and flags are called; left out, by their keys. */
  readonly names?: Names;
  /** Whom the conditions are about; left out, people. */
  readonly of?: Spoken;
  /** The JSON pointer of the conditions themselves, before which those of the parts begin. */
  readonly pointerBase?: string;
}

/** Whom conditions hold for, in words: `everyone who created at least 10 reports in the last 30 days`. Takes any JSON, and never throws. */
export function describeConditions(conditions: JsonObject, options: DescribeOptions = {}): Sentence {
  return sentence(whomWords(conditions, options));
}

const EVERY: Readonly<Record<Spoken, readonly [every: string, none: string]>> = {
  people: ['everyone', 'nobody'],
  organizations: ['every organization', 'no organization'],
  events: ['every event', 'no event'],
};

/** The same as words, to go on with. */
export function whomWords(
  conditions: JsonObject,
  { names = BY_KEY, of = 'people', pointerBase = '' }: DescribeOptions,
): Words {
  const said = saidOf(conditions, pointerBase, { names, of }, false);
  const [every, none] = EVERY[of];
  if (isEverybody(said)) return say`${every}`;
  if (isNobody(said)) return say`${none}`;
  return say`${every} ${clauseWords(said)}`;
}

/** Whether conditions hold for everybody, whatever is known of them. */
export function holdsForAll(conditions: JsonObject): boolean {
  return isEverybody(saidOf(conditions, '', { names: BY_KEY, of: 'people' }, false));
}

/** Whom one condition holds for, in a sentence about others: `somebody who has the role admin`. */
export function clauseOf(node: JsonObject, pointer: string, options: DescribeOptions = {}): Words {
  const { names = BY_KEY, of = 'people' } = options;
  const said = saidOf(node, pointer, { names, of }, false);
  const [every, none] = EVERY[of];
  if (isEverybody(said)) return say`${every}`;
  if (isNobody(said)) return say`${none}`;
  return say`${of === 'people' ? 'somebody' : 'one'} ${clauseWords(said)}`;
}

/** Stored conditions are not deeper than this; what is deeper is not looked into. */
const DEEPEST = 64;

function saidOf(node: unknown, pointer: string, speaking: Speaking, negated: boolean, depth = 0): Said {
  if (!isJsonObject(node) || depth > DEEPEST) return negated ? NOBODY : EVERYBODY;
  for (const group of ['any', 'all'] as const) {
    const members = ownMember(node, group);
    if (!Array.isArray(members)) continue;
    // A group without members holds.
    if (members.length === 0) return negated ? NOBODY : EVERYBODY;
    const kind = negated === (group === 'all') ? 'any' : 'all';
    const said = members.map((member, i) => saidOf(member, `${pointer}/${group}/${i}`, speaking, negated, depth + 1));
    return joined(kind, said);
  }
  const inner = ownMember(node, 'not');
  if (inner !== undefined) return saidOf(inner, `${pointer}/not`, speaking, !negated, depth + 1);
  const segment = ownMember(node, 'condition');
  if (typeof segment === 'string') return clause(segmentWords(segment, pointer, speaking, negated));
  if (!Object.hasOwn(node, 'fact')) return negated ? NOBODY : EVERYBODY;
  const { said, denied } = leafClause(node, pointer, speaking);
  return clause(negated ? denied : said);
}

function clause(words: Words): Said {
  return { kind: 'clause', words };
}

/** Members that are groups of the same kind are members of this one: `(a and b) and c` is `a, b and c`. */
function joined(kind: 'all' | 'any', members: readonly Said[]): Said {
  const [decides, idle] = kind === 'all' ? [isNobody, isEverybody] : [isEverybody, isNobody];
  if (members.some(decides)) return kind === 'all' ? NOBODY : EVERYBODY;
  const telling = members.filter((member) => !idle(member));
  const flat = telling.flatMap((member) => (member.kind === kind ? member.members : [member]));
  return flat.length === 1 ? flat[0]! : { kind, members: flat };
}

function isEverybody(said: Said): boolean {
  return said.kind === 'all' && said.members.length === 0;
}

function isNobody(said: Said): boolean {
  return said.kind === 'any' && said.members.length === 0;
}

function clauseWords(said: Said): Words {
  if (said.kind === 'clause') return said.words;
  const members = said.members.map((member) => {
    const words = clauseWords(member);
    return member.kind === 'clause' ? words : say`(${words})`;
  });
  return listed(members, said.kind === 'all' ? 'and' : 'or');
}

function segmentWords(key: string, pointer: string, speaking: Speaking, negated: boolean): Words {
  const verb = part('operator', negated ? 'is not in' : 'is in', pointer);
  return say`${PRONOUNS[speaking.of].who} ${verb} the segment ${segmentPart(key, `${pointer}/condition`, speaking)}`;
}

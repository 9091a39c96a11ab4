import { nodesOf, segmentsNamed, stagesNamed } from '../conditions/references.js';
import type { Action, Flag, Rule } from '../flags/flag.js';
import type { Snapshot } from '../snapshot/snapshot.js';
import { isJsonObject, type JsonObject, ownMember } from '../values/json.js';
import { clauseOf } from './conditions-words.js';
import { targetWords } from './difference.js';
import { listed, part, type Sentence, say, sentence, unplaced, type Words } from './part.js';
import { titleOf } from './rules-difference.js';
import { flagPart, type Names, namePart, segmentPart } from './speaking.js';

/** What can be referred to. */
export type Usable = 'flag' | 'segment' | 'stage' | 'action' | 'role';

/** Something that refers to another thing, itself and not by way of a segment. */
export interface Use {
  readonly kind: 'PREREQUISITE' | 'RULE' | 'SEGMENT' | 'ACTION' | 'ACCESS_ROW' | 'ORGANIZATION';
  /** The key of the flag or segment, the name of the action, or the id of the organization. */
  readonly key: string;
  /** '' for an action, and for an organization. */
  readonly name: string;
  /** '' but for a rule. */
  readonly ruleId: string;
  /** Into the flag, the segment or the action; '' for an access row, and for an organization. */
  readonly pointer: string;
  readonly archived: boolean;
  readonly sentence: Sentence;
}

/** A use before it is put into words. */
type Found = Omit<Use, 'sentence'> & { readonly words: () => Words };

type Index = ReadonlyMap<string, readonly Found[]>;

/** A snapshot never changes: what refers to what is found once, when somebody first asks. */
const indexes = new WeakMap<Snapshot, Index>();

/** What refers to something: flags first, then segments, then derived actions, each by key. At most `limit`, from the place `from` on. */
export function usesOf(
  used: { readonly kind: Usable; readonly name: string },
  snapshot: Snapshot,
  { from = 0, limit = Number.POSITIVE_INFINITY }: { readonly from?: number; readonly limit?: number } = {},
): { readonly uses: readonly Use[]; readonly total: number } {
  const found = indexFor(snapshot).get(nameIn(used.kind, used.name)) ?? [];
  const uses = found
    .slice(from, from + limit)
    .map(({ words, ...use }) => ({ ...use, sentence: sentence(unplaced(words())) }));
  return { uses, total: found.length };
}

/** What there is of a role within an organization. */
export interface RoleWithin {
  /** The organization's. */
  readonly id: string;
  readonly definesIt: boolean;
  /** The roles of the organization that inherit it directly, in their order. */
  readonly inheritedBy: readonly string[];
  /** How many access rows of the organization are for it, whoever manages them, inactive ones too. */
  readonly rows: number;
}

/** An organization as one that refers to a role: within itself alone, whatever roles of that name others have. */
export function useWithin({ id, definesIt, inheritedBy, rows }: RoleWithin): Use {
  const heirs = inheritedBy.map((name) => [namePart('role', name, '')]);
  const what = [
    ...(definesIt ? [say`defines it`] : []),
    ...(heirs.length === 0
      ? []
      : [say`has the role${heirs.length === 1 ? '' : 's'} ${listed(heirs, 'and')} inherit it`]),
    ...(rows === 0 ? [] : [say`has ${String(rows)} access row${rows === 1 ? '' : 's'} for it`]),
  ];
  const words = say`the organization ${namePart('organization', id, '')} ${listed(what, 'and')}`;
  return {
    ...{ kind: 'ORGANIZATION', key: id, name: '', ruleId: '', pointer: '', archived: false },
    sentence: sentence(unplaced(words)),
  };
}

/** The roles that rules, segments and platform-wide access rows name. */
export function rolesNamed(snapshot: Snapshot): readonly string[] {
  return [...indexFor(snapshot).keys()].flatMap((name) => (name.startsWith(ROLE) ? [name.slice(ROLE.length)] : []));
}

const ROLE = nameIn('role', '');

function indexFor(snapshot: Snapshot): Index {
  let index = indexes.get(snapshot);
  if (index === undefined) {
    index = indexOf(snapshot);
    indexes.set(snapshot, index);
  }
  return index;
}

/** How a configuration calls its segments and flags. */
export function namesIn({ segments, flags }: Pick<Snapshot, 'segments' | 'flags'>): Names {
  return {
    segment: (key) => segments.get(key)?.name,
    flag: (key) => flags.get(key)?.stored.name,
  };
}

function nameIn(kind: Usable, name: string): string {
  return `${kind} ${name}`;
}

function indexOf(snapshot: Snapshot): Index {
  const index = new Map<string, Found[]>();
  const add = (names: Iterable<string>, found: Found): void => {
    for (const name of new Set(names)) {
      const known = index.get(name);
      if (known === undefined) index.set(name, [found]);
      else known.push(found);
    }
  };
  const speaking = { of: 'people', names: namesIn(snapshot) } as const;
  for (const { stored, roleAccess } of snapshot.flags.values()) {
    const of = { key: stored.key, name: stored.name, archived: stored.archived, ruleId: '' };
    const flag = (): Words => [flagPart(stored.key, '', speaking)];
    stored.prerequisites.forEach(({ flagKey, variant }, i) => {
      const at = variant === '' ? '' : ` at the variant ${variant}`;
      const words = (): Words => say`the flag ${flag()} requires it${at}`;
      add([nameIn('flag', flagKey)], { ...of, kind: 'PREREQUISITE', pointer: `/prerequisites/${i}`, words });
    });
    for (const [i, rule] of stored.rules.entries()) addRule(add, { stored, rule, i }, speaking.names);
    for (const row of roleAccess) {
      const verdict = `${row.effect === 'ALLOW' ? 'allows' : 'denies'}${row.enabled ? '' : ', were it enabled,'}`;
      const words = (): Words => say`an access row ${verdict} the flag ${flag()} for ${targetWords(row)}`;
      add([nameIn('role', row.role)], { ...of, kind: 'ACCESS_ROW', pointer: '', words });
    }
  }
  for (const { key, name, conditions } of [...snapshot.segments.values()].toSorted(byKey)) {
    for (const { node, pointer } of nodesOf(conditions, '/conditions')) {
      const words = (): Words =>
        say`the segment ${segmentPart(key, '', speaking)} ${reads(node, 'people', speaking.names)}`;
      add(namesOf(node), { kind: 'SEGMENT', key, name, ruleId: '', archived: false, pointer, words });
    }
  }
  for (const action of [...snapshot.actions.values()].toSorted(byName)) addAction(add, action);
  return index;
}

type Add = (names: Iterable<string>, found: Found) => void;

interface RuleOfFlag {
  readonly stored: Flag;
  readonly rule: Rule;
  readonly i: number;
}

function addRule(add: Add, { stored, rule, i }: RuleOfFlag, names: Names): void {
  const { key, name, archived } = stored;
  const of = rule.earnedBy === 'ORGANIZATION' ? 'organizations' : 'people';
  for (const { node, pointer } of nodesOf(rule.conditions, `/rules/${i}/conditions`)) {
    const words = (): Words =>
      say`${titleOf(rule, i)} of the flag ${flagPart(key, '', { of, names })} ${reads(node, of, names)}`;
    add(namesOf(node), { kind: 'RULE', key, name, ruleId: rule.id, archived, pointer, words });
  }
}

/** `asks about somebody who …`; of a fact that something is compared with there are no more words than that it is read. */
function reads(node: JsonObject, of: 'people' | 'organizations', names: Names): Words {
  const isCondition = Object.hasOwn(node, 'operator') || Object.hasOwn(node, 'condition');
  return isCondition ? say`asks about ${clauseOf(node, '', { of, names })}` : say`compares something with it`;
}

function addAction(add: Add, { name, derivation }: Action): void {
  if (derivation === undefined) return;
  const of = { kind: 'ACTION', key: name, name: '', ruleId: '', archived: false } as const;
  const action = part('action', name, undefined, name);
  derivation.from.forEach((source, i) => {
    const words = (): Words => say`the derived action ${action} is counted from it`;
    add([nameIn('action', source)], { ...of, pointer: `/derivation/from/${i}`, words });
  });
  const { since } = derivation;
  if (since === undefined) return;
  const words = (): Words => say`the derived action ${action} counts since it`;
  if (since.action !== undefined)
    add([nameIn('action', since.action)], { ...of, pointer: '/derivation/since/action', words });
  else add([nameIn('flag', since.unlock.flagKey)], { ...of, pointer: '/derivation/since/flag', words });
}

/** All that a node names itself. */
function namesOf(node: JsonObject): readonly string[] {
  const names = segmentsNamed(node).map(({ key }) => nameIn('segment', key));
  for (const stage of stagesNamed(node)) names.push(nameIn('stage', stage));
  const [fact, params, value] = [ownMember(node, 'fact'), ownMember(node, 'params'), ownMember(node, 'value')];
  if (fact === 'role' || fact === 'roles')
    for (const role of [value].flat()) if (typeof role === 'string') names.push(nameIn('role', role));
  if (!isJsonObject(params)) return names;
  const [action, flag] = [ownMember(params, 'action'), ownMember(params, 'flag')];
  if (typeof action === 'string') names.push(nameIn('action', action));
  if (typeof flag === 'string') names.push(nameIn('flag', flag));
  return names;
}

function byKey(a: { readonly key: string }, b: { readonly key: string }): number {
  return a.key < b.key ? -1 : 1;
}

function byName(a: Action, b: Action): number {
  return a.name < b.name ? -1 : 1;
}

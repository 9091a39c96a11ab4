import { inBrief, isJsonObject, type JsonValue, quote } from '../values/json.js';
import { listed, type Part, type PartKind, part, say, type Words } from './part.js';

/** How segments and flags are called; what it does not know is called by its key. */
export interface Names {
  segment(key: string): string | undefined;
  flag(key: string): string | undefined;
}

/** Calls everything by its key. */
export const BY_KEY: Names = { segment: () => undefined, flag: () => undefined };

/** Whom a sentence is about. */
export type Spoken = 'people' | 'organizations' | 'events';

/** How somebody is spoken of. */
export interface Speaking {
  readonly of: Spoken;
  readonly names: Names;
}

interface Pronouns {
  readonly who: string;
  readonly whose: string;
  readonly forWhom: string;
  readonly their: string;
}

const THINGS: Pronouns = { who: 'that', whose: 'whose', forWhom: 'for which', their: 'its' };

export const PRONOUNS: Readonly<Record<Spoken, Pronouns>> = {
  people: { who: 'who', whose: 'whose', forWhom: 'for whom', their: 'their' },
  organizations: THINGS,
  events: THINGS,
};

const PLAIN_NAME = /^[\p{L}\p{N}_.:@/[\]-]+$/u;
const LONGEST_NAME = 60;

/** A name as it stands in a sentence: as it is where it is one plain word, else in quotation marks. */
export function plainName(name: string): string {
  return PLAIN_NAME.test(name) && name.length <= LONGEST_NAME ? name : inBrief(name);
}

export function namePart(kind: PartKind, name: string, pointer: string): Part {
  return part(kind, plainName(name), pointer, name);
}

export function segmentPart(key: string, pointer: string, { names }: Speaking): Part {
  return part('segment', inBrief(names.segment(key) || key), pointer, key);
}

export function flagPart(key: string, pointer: string, { names }: Speaking): Part {
  return part('flag', inBrief(names.flag(key) || key), pointer, key);
}

/** What kind of thing the texts are that a fact is compared with. */
const NAMED: Readonly<Partial<Record<string, PartKind>>> = {
  role: 'role',
  roles: 'role',
  organization: 'organization',
  stage: 'stage',
  stagesReached: 'stage',
};

/** How many members of a list are told. */
const MAX_MEMBERS = 20;

/** A constant of a condition on a fact. */
export function constantPart(fact: string, constant: JsonValue, pointer: string): Part {
  const kind = NAMED[fact];
  if (kind !== undefined && typeof constant === 'string' && constant !== '') return namePart(kind, constant, pointer);
  if (Array.isArray(constant) || isJsonObject(constant)) return part('value', quote(constant), pointer, constant);
  return part('value', inBrief(constant), pointer, constant);
}

/** The members of a list that a fact is compared with, each with its own pointer. */
export function memberWords(fact: string, list: readonly JsonValue[], pointer: string, last: 'and' | 'or'): Words {
  const told = list.slice(0, MAX_MEMBERS).map((member, i) => [constantPart(fact, member, `${pointer}/${i}`)]);
  const more = list.length - told.length;
  if (more > 0) told.push([part('value', `${more} more`, pointer)]);
  return told.length === 0 ? say`${part('value', 'nothing', pointer, list)}` : listed(told, last);
}

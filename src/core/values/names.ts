import type { Fault } from './fault.js';
import { quote } from './json.js';

/** The longest each kind of name may be, in characters; the store's columns hold exactly this. */
export const MAX_LENGTH = {
  flagKey: 128,
  userId: 191,
  anonymousId: 191,
  organizationId: 128,
  role: 64,
  action: 128,
  stage: 64,
  source: 191,
  eventId: 191,
  segmentKey: 128,
  ruleId: 128,
  tag: 191,
  name: 255,
} as const;

export type NameKind = keyof typeof MAX_LENGTH;

/**
 * The name under which everything that a user does is counted as one action, where a rule reads that. It begins with a space, as no
 * name that comes from outside does.
 */
export const ANY_ACTION = ' (any action)';

const WORDS: Readonly<Record<NameKind, string>> = {
  flagKey: 'a flag key',
  userId: 'a user id',
  anonymousId: 'an anonymous id',
  organizationId: 'an organization id',
  role: 'a role',
  action: 'an action',
  stage: 'a stage',
  source: 'a source',
  eventId: 'an event id',
  segmentKey: 'a segment key',
  ruleId: 'a rule id',
  tag: 'a tag',
  name: 'a name',
};

const SLUGS: ReadonlySet<NameKind> = new Set(['flagKey', 'segmentKey', 'ruleId']);
const SLUG = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;
const CONTROL = /\p{Cc}/u;

/**
 * What is wrong with a name that comes from outside, or undefined. Names are compared byte by byte and are free text
 * within these bounds: well-formed, no control characters, no spaces at either end (databases ignore trailing ones).
 * Flag and segment keys and rule ids are slugs besides, and a flag key never looks like an id (`flg_…`).
 */
export function faultOfName(kind: NameKind, value: unknown): string | undefined {
  const word = WORDS[kind];
  if (typeof value !== 'string') return `${word} is text, not ${quote(value)}`;
  if (value === '') return `${word} must not be empty`;
  if (value.length > MAX_LENGTH[kind]) {
    return `${word} has at most ${MAX_LENGTH[kind]} characters, and ${quote(value)} has ${value.length}`;
  }
  if (!value.isWellFormed())
    return `${word} must be well-formed Unicode, and ${quote(value)} has half a surrogate pair`;
  if (CONTROL.test(value)) return `${word} has no control characters, and ${quote(value)} has some; remove them`;
  if (value !== value.trim()) return `${word} has no spaces at its ends, and ${quote(value)} has; remove them`;
  if (SLUGS.has(kind) && !SLUG.test(value)) {
    return `${word} has letters, digits, ".", "_" and "-" and begins with a letter or digit, unlike ${quote(value)}`;
  }
  if (kind === 'flagKey' && value.startsWith('flg_')) {
    return `a flag key does not begin with "flg_", as ids do; rename ${quote(value)}`;
  }
  return undefined;
}

export type ListKind = 'stage' | 'action' | 'role';

/** What is wrong with the names of a list, by its place in the list, or undefined: one that can be none, or two the same. */
export function faultOfNames(kind: ListKind, named: readonly { readonly name: string }[]): Fault | undefined {
  const seen = new Set<string>();
  for (const [i, { name }] of named.entries()) {
    const message =
      faultOfName(kind, name) ??
      (seen.has(name) ? `the ${kind} ${quote(name)} stands twice; leave one out` : undefined);
    if (message !== undefined) return { pointer: `/${i}/name`, message };
    seen.add(name);
  }
  return undefined;
}

import type { AccessRow } from '../../../src/protocol/gen/admin-json.js';
import { treeOf } from './conditions/condition-tree.js';
import { type DraftRule, newRule } from './flag/flag-content.js';
import { type DraftAction, draftOfNew, type FlagDraft, newRuleKey, reduceDraft } from './flag/flag-draft.js';
import { faultOfKey, keyOfName } from './flag-key.js';
import { isJsonObject, type JsonObject, type JsonValue, parsedJson } from './values/json.js';
import { readPercentage } from './values/percentage.js';

/** Who should have a new flag: what a first rule, or rows, are made of. `stuck`: those whom the page of a stage named. */
export const WHO = ['nobody', 'everyone', 'share', 'roles', 'organizations', 'people', 'earned', 'stuck'] as const;
export type Who = (typeof WHO)[number];

/** By what somebody earns it. */
export const EARNED_BY = ['action', 'days', 'stage'] as const;
export type EarnedBy = (typeof EARNED_BY)[number];

/** A flag that is yet to be made, as it is typed. */
export interface NewFlag {
  readonly name: string;
  readonly key: string;
  readonly who: Who;
  /** A percentage, as typed. */
  readonly share: string;
  readonly roles: readonly string[];
  readonly organizations: readonly string[];
  /** Ids. */
  readonly people: readonly string[];
  /** What stands in the field of one of these three and is not added yet. */
  readonly typed: string;
  readonly earnedBy: EarnedBy;
  readonly action: string;
  /** Whole numbers, as typed: how often, and how many days after joining. */
  readonly times: string;
  readonly days: string;
  readonly stage: string;
  readonly active: boolean;
  readonly comment: string;
}

/** Who is stuck in an onboarding stage. */
export interface Stuck {
  readonly stage: string;
  /** For how many days at least; 0: for however long. */
  readonly days: number;
  /** Empty: of all organizations. */
  readonly organization: string;
}

/** A new flag of which nothing is said yet: switched off, for nobody, or for those who are stuck. */
export function blankFlag(stuck?: Stuck): NewFlag {
  return {
    name: '',
    key: '',
    who: stuck === undefined ? 'nobody' : 'stuck',
    share: '10',
    roles: [],
    organizations: [],
    people: [],
    typed: '',
    earnedBy: 'action',
    action: '',
    times: '10',
    days: '7',
    stage: '',
    active: false,
    comment: '',
  };
}

/** The flag by another name: its key follows, for as long as nobody has given it one of its own. */
export function renamed(flag: NewFlag, name: string): NewFlag {
  return { ...flag, name, key: flag.key === keyOfName(flag.name) ? keyOfName(name) : flag.key };
}

/** As many names as one can oversee in the form. */
export const MOST_ITEMS = 100;
/** How long they may be. */
export const LONGEST_ITEM = { roles: 64, organizations: 128, people: 191 } as const;

export interface AddedItems {
  readonly items: readonly string[];
  /** How many were left out since they are too long, and since there are too many. */
  readonly tooLong: number;
  readonly tooMany: number;
}

/** Names with more of them, each once. */
export function addItems(items: readonly string[], texts: readonly string[], longest: number): AddedItems {
  const known = new Set(items);
  const named = [...new Set(texts.map((text) => text.trim()))].filter((text) => text !== '' && !known.has(text));
  const fitting = named.filter((text) => text.length <= longest);
  const all = [...items, ...fitting];
  return {
    items: all.slice(0, MOST_ITEMS),
    tooLong: named.length - fitting.length,
    tooMany: Math.max(0, all.length - MOST_ITEMS),
  };
}

/** The flag with what stands in the field of its names added to them. */
export function withTyped(flag: NewFlag): NewFlag {
  const { who, typed } = flag;
  if (who !== 'roles' && who !== 'organizations' && who !== 'people') return flag;
  return { ...flag, [who]: addItems(flag[who], [typed], LONGEST_ITEM[who]).items, typed: '' };
}

/** What of a new flag is missing, or cannot be: the fields in their order, none where it can be made. */
export type NewFlagFault =
  | 'name'
  | 'key'
  | 'share'
  | 'roles'
  | 'organizations'
  | 'people'
  | 'action'
  | 'times'
  | 'days'
  | 'stage';

export function faultsOfNew(flag: NewFlag): readonly NewFlagFault[] {
  const { name, key, who, share, earnedBy } = flag;
  const faults: NewFlagFault[] = [];
  if (name.trim() === '') faults.push('name');
  if (faultOfKey(key) !== undefined) faults.push('key');
  if (who === 'share' && 'fault' in readPercentage(share)) faults.push('share');
  if ((who === 'roles' || who === 'organizations' || who === 'people') && flag[who].length === 0) faults.push(who);
  if (who !== 'earned') return faults;
  if (earnedBy !== 'days' && flag[earnedBy] === '') faults.push(earnedBy);
  const count = earnedBy === 'action' ? 'times' : earnedBy;
  if (count !== 'stage' && wholeNumber(flag[count]) === undefined) faults.push(count);
  return faults;
}

function wholeNumber(text: string): number | undefined {
  return /^\s*[1-9]\d{0,8}\s*$/.test(text) ? Number(text) : undefined;
}

/** The conditions of those who are stuck in a stage. */
function conditionsOfStuck({ stage, days, organization }: Stuck): JsonObject {
  return {
    all: [
      { fact: 'stage', operator: 'equal', value: stage },
      ...(days === 0 ? [] : [{ fact: 'daysInStage', operator: 'greaterThanInclusive', value: days }]),
      ...(organization === '' ? [] : [{ fact: 'organization', operator: 'equal', value: organization }]),
    ],
  };
}

/** The draft that makes the flag. What {@link faultsOfNew} finds is left out of it. `ruleName` names its rule. */
export function draftOfForm(form: NewFlag, stuck?: Stuck, ruleName = ''): FlagDraft {
  const draft = draftOfNew(form.key, form.name.trim());
  const actions: DraftAction[] = [
    { kind: 'set', fields: { active: form.active, is_enabled_globally: form.who === 'everyone' } },
  ];
  const rule = ruleOf(form, stuck);
  if (rule !== undefined) {
    actions.push({ kind: 'add-rule', rule: { ...newRule(newRuleKey(draft)), name: ruleName, ...rule } });
  }
  if (form.who === 'people') actions.push({ kind: 'put-rows', rows: form.people.map(rowOf) });
  return actions.reduce(reduceDraft, draft);
}

function ruleOf(form: NewFlag, stuck: Stuck | undefined): Partial<DraftRule> | undefined {
  switch (form.who) {
    case 'share': {
      const read = readPercentage(form.share);
      return 'fault' in read ? undefined : { rollout: read.per100k };
    }
    case 'roles': {
      const leaves = form.roles.map((value) => ({ fact: 'roles', operator: 'contains', value }));
      return leaves.length === 0
        ? undefined
        : { conditions: treeOf(leaves.length > 1 ? { any: leaves } : { all: leaves }) };
    }
    case 'organizations': {
      if (form.organizations.length === 0) return undefined;
      return { conditions: treeOf({ all: [{ fact: 'organization', operator: 'in', value: form.organizations }] }) };
    }
    case 'earned': {
      const leaf = earnedLeaf(form);
      return leaf === undefined ? undefined : { policy: 'LATCHING', conditions: treeOf({ all: [leaf] }) };
    }
    case 'stuck':
      return stuck === undefined ? undefined : { conditions: treeOf(conditionsOfStuck(stuck)) };
    default:
      return undefined;
  }
}

function earnedLeaf({ earnedBy, action, times, days, stage }: NewFlag): JsonObject | undefined {
  const [often, long] = [wholeNumber(times), wholeNumber(days)];
  switch (earnedBy) {
    case 'action':
      if (action === '' || often === undefined) return undefined;
      return { fact: 'actionCount', params: { action }, operator: 'greaterThanInclusive', value: often };
    case 'days':
      if (long === undefined) return undefined;
      return { fact: 'daysSinceJoin', operator: 'greaterThanInclusive', value: long };
    case 'stage':
      return stage === '' ? undefined : { fact: 'stagesReached', operator: 'contains', value: stage };
  }
}

function rowOf(user_id: string): AccessRow {
  return { user_id, role: '', organization_id: '', effect: 'ALLOW', enabled: true, managed_by: '' };
}

/** The form in which new flags are kept; another one is not read. */
const VERSION = 1;

/** A new flag as text, for `sessionStorage`. */
export function keepNewFlag(flag: NewFlag): string {
  return JSON.stringify({ version: VERSION, flag });
}

/** A new flag as it was kept; undefined for what {@link keepNewFlag} of this version has not written. */
export function keptNewFlag(text: string): NewFlag | undefined {
  const json = parsedJson(text);
  if (!isJsonObject(json) || json.version !== VERSION || !isJsonObject(json.flag)) return undefined;
  const kept = json.flag;
  const sample = Object.entries(blankFlag());
  const fits = sample.every(([field, value]) => Object.hasOwn(kept, field) && isLike(kept[field]!, value));
  if (!fits || Object.keys(kept).length !== sample.length) return undefined;
  const flag = kept as unknown as NewFlag;
  return WHO.includes(flag.who) && EARNED_BY.includes(flag.earnedBy) ? flag : undefined;
}

function isLike(value: JsonValue, sample: unknown): boolean {
  if (!Array.isArray(sample)) return typeof value === typeof sample;
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

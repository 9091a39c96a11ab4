import type {
  AccessRow,
  AccessRowInput,
  FeatureFlagInput,
  RuleInput,
  SetFlagRequest,
} from '../../../../src/protocol/gen/admin-json.js';
import { placeAt } from '../conditions/condition-pointers.js';
import { jsonOfTree } from '../conditions/condition-tree.js';
import type { JsonObject } from '../values/json.js';
import { pointerStep, pointerSteps } from '../values/json.js';
import { changesOf } from './changes.js';
import { type DraftRule, type FlagContent, isNewRule, type SimpleField } from './flag-content.js';
import type { FlagDraft } from './flag-draft.js';

/** What is said about a save besides what it writes. */
export interface SaveOptions {
  /** Why; '' for nothing. */
  readonly comment: string;
  readonly on_rule_change: 'KEEP' | 'RELOCK';
}

/**
 * The body of `PATCH /api/admin/flags/{flag}/access`, which writes the flag and its rows in one transaction: what has changed,
 * and the version that it was changed on.
 */
export function saveRequest(draft: FlagDraft, { comment, on_rule_change }: SaveOptions): SetFlagRequest {
  return {
    ...draftInput(draft),
    ...rowsExpected(draft),
    expected_version: draft.base.version,
    on_rule_change,
    ...(comment === '' ? {} : { comment }),
  };
}

/** The stored rows on which the drafted ones were made, so that a row that somebody has changed meanwhile is not overwritten unseen. */
function rowsExpected({ base, now }: FlagDraft): Pick<SetFlagRequest, 'expected_access' | 'expected_absent'> {
  // A flag that is yet to be made has no rows.
  if (base.version === 0) return {};
  const there = now.rows.flatMap(({ was }) => (was === undefined ? [] : [rowInput(was)]));
  const absent = now.rows
    .filter(({ kind, was }) => kind === 'put' && was === undefined)
    .map(({ row }) => rowInput(row));
  return {
    ...(there.length === 0 ? {} : { expected_access: there }),
    ...(absent.length === 0 ? {} : { expected_absent: absent }),
  };
}

/** What a draft comes to, as PreviewRule and TryFlag take it: the flag's fields that it changes, and its rows. */
export interface DraftInput {
  readonly flag: FeatureFlagInput;
  readonly access?: AccessRowInput[];
  readonly remove_access?: AccessRowInput[];
}

export function draftInput(draft: FlagDraft): DraftInput {
  const rows = (kind: 'put' | 'drop'): AccessRowInput[] =>
    draft.now.rows.filter((pending) => pending.kind === kind).map(({ row }) => rowInput(row));
  const [access, dropped] = [rows('put'), rows('drop')];
  return {
    flag: flagInput(draft),
    ...(access.length === 0 ? {} : { access }),
    ...(dropped.length === 0 ? {} : { remove_access: dropped }),
  };
}

/** The fields that the draft changes, as SetFlag takes them, and PreviewRule and TryFlag as `flag`. Of a new flag its key, too. */
export function flagInput({ base, now }: FlagDraft): FeatureFlagInput {
  const changes = changesOf(base.content, now.flag);
  const fields = changes.flatMap((change) => (change.kind === 'field' ? [change.field] : []));
  const rules = changes.some(({ kind }) => kind.startsWith('rule-'));
  const simple = Object.fromEntries(fields.map((field: SimpleField) => [field, now.flag[field]])) as FeatureFlagInput;
  return { key: base.key, ...simple, ...(rules ? { rules: now.flag.rules.map(ruleInput) } : {}) };
}

/** A rule as it is sent, whole; a new one without an id, which the server gives it. */
export function ruleInput(whole: DraftRule): RuleInput {
  const { key, conditions, distribution, ...rule } = whole;
  return {
    ...(isNewRule(whole) ? {} : { id: key }),
    ...rule,
    // What is no object is refused by the server in its own words.
    conditions: jsonOfTree(conditions) as JsonObject,
    distribution: [...distribution],
  };
}

/** A row as it is sent: who manages it follows from who sends it. */
export function rowInput({ managed_by: _managedBy, ...row }: AccessRow): AccessRowInput {
  const { effect, ...named } = row;
  return { ...named, ...(effect === undefined || effect === 'EFFECT_UNSPECIFIED' ? {} : { effect }) };
}

/** A place in a draft that the server has something to say of. */
export interface DraftPlace {
  /** A field of the flag, `access`, or '' for the flag as a whole. */
  readonly field: string;
  /** The key of the rule, in `rules`. */
  readonly rule?: string;
  /** The id of the node, in conditions. */
  readonly node?: string;
  /** A JSON pointer into that field, or into that node. */
  readonly rest: string;
}

/** Where in a content of a draft a JSON pointer of the server leads: into a flag, or into a request that has one as `/flag`. */
export function draftPlace(content: FlagContent, pointer: string): DraftPlace {
  const steps = pointerSteps(pointer);
  const [field = '', index, part, ...rest] = steps[0] === 'flag' ? steps.slice(1) : steps;
  const toRest = (all: readonly (string | undefined)[]): string =>
    all.flatMap((step) => (step === undefined ? [] : [pointerStep(step)])).join('');
  const rule = field === 'rules' ? content.rules[Number(index)] : undefined;
  if (rule === undefined) return { field, rest: toRest([index, part, ...rest]) };
  if (part !== 'conditions') return { field, rule: rule.key, rest: toRest([part, ...rest]) };
  return { field, rule: rule.key, ...placeAt(rule.conditions, toRest(rest)) };
}

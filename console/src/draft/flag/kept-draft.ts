import type { AccessRow } from '../../../../src/protocol/gen/admin-json.js';
import { treeOf } from '../conditions/condition-tree.js';
import { isJsonObject, type JsonObject, type JsonValue, parsedJson } from '../values/json.js';
import type { PendingRow } from './changes.js';
import { contentAsJson, type DraftRule, type FlagContent, NEW_FLAG, newRule } from './flag-content.js';
import { type DraftContent, draftOn, type FlagDraft } from './flag-draft.js';

/** The form in which drafts are kept; another one is not read. */
const VERSION = 1;

/** A draft as text, for `sessionStorage`: what there was and what would be, without the way there. */
export function keepDraft({ base, now }: FlagDraft): string {
  const { flag, rows, why } = now;
  return JSON.stringify({
    version: VERSION,
    base: { ...base, content: contentAsJson(base.content) },
    flag: contentAsJson(flag),
    rows,
    why,
  });
}

/** A draft as it was kept; undefined for what {@link keepDraft} of this version has not written. */
export function keptDraft(text: string): FlagDraft | undefined {
  const json = parsedJson(text);
  if (!isJsonObject(json) || json.version !== VERSION || !isJsonObject(json.base)) return undefined;
  const { key, id, version, content } = json.base;
  const [from, flag, rows] = [readContent(content), readContent(json.flag), readRows(json.rows)];
  if (typeof key !== 'string' || typeof id !== 'string' || !isCount(version)) return undefined;
  if (from === undefined || flag === undefined || rows === undefined) return undefined;
  if (json.why !== undefined && typeof json.why !== 'string') return undefined;
  const now: DraftContent = { flag, rows, selected: undefined, why: json.why };
  return draftOn({ key, id, version, content: from }, now);
}

const WORDS = {
  type: ['BOOLEAN', 'STRING', 'NUMBER', 'JSON'],
  policy: ['LIVE', 'LATCHING'],
  on_reversal: ['KEEP', 'RELOCK'],
  earned_by: ['USER', 'ORGANIZATION'],
};

/** Whether something is what a field holds, by the field's name. Fields that are not named hold what they hold in the sample. */
const CHECKS: Readonly<Record<string, (value: JsonValue) => boolean>> = {
  ...Object.fromEntries(Object.entries(WORDS).map(([field, words]) => [field, isOneOf(words)])),
  starts_at: (value) => value === null || isInstant(value),
  ends_at: (value) => value === null || isInstant(value),
  bucketing: isCount,
  rollout: isCount,
  variants: isListOf((item) => isObjectOf(item, { key: isText })),
  distribution: isListOf((item) => isObjectOf(item, { variant: isText, weight: isCount })),
  prerequisites: isListOf((item) => isObjectOf(item, { flag_key: isText, variant: isText })),
  tags: isListOf(isText),
  rules: isListOf((item) => readRule(item) !== undefined),
  conditions: () => true,
};

function readContent(json: JsonValue | undefined): FlagContent | undefined {
  if (!isLike(json, NEW_FLAG)) return undefined;
  const rules = (json.rules as readonly JsonValue[]).map((rule) => readRule(rule)!);
  const unique = new Set(rules.map(({ key }) => key)).size === rules.length;
  return unique ? { ...(json as unknown as FlagContent), rules } : undefined;
}

function readRule(json: JsonValue): DraftRule | undefined {
  if (!isLike(json, newRule(''))) return undefined;
  return { ...(json as unknown as DraftRule), conditions: treeOf(json.conditions!) };
}

/** Whether a value has exactly the members of a sample, each of what it holds. */
function isLike(json: JsonValue | undefined, sample: object): json is JsonObject {
  if (!isJsonObject(json)) return false;
  const fields = Object.entries(sample);
  return (
    Object.keys(json).length === fields.length &&
    fields.every(([field, value]) => {
      if (!Object.hasOwn(json, field)) return false;
      const member = json[field]!;
      const check = Object.hasOwn(CHECKS, field) ? CHECKS[field] : undefined;
      return check === undefined ? typeof member === typeof value : check(member);
    })
  );
}

function readRows(json: JsonValue | undefined): readonly PendingRow[] | undefined {
  const isRow = (item: JsonValue): boolean =>
    isObjectOf(item, {
      user_id: isText,
      role: isText,
      organization_id: isText,
      managed_by: isText,
      effect: isOneOf(['ALLOW', 'DENY', 'EFFECT_UNSPECIFIED', undefined]),
      enabled: isOneOf([true, false, undefined]),
    });
  const isPending = isListOf((item) =>
    isObjectOf(item, {
      kind: isOneOf(['put', 'drop']),
      row: isRow,
      was: (was: JsonValue | undefined) => was === undefined || isRow(was),
    }),
  );
  if (json === undefined || !isPending(json)) return undefined;
  return (json as readonly JsonObject[]).map(({ kind, row, was }) => ({
    kind: kind as PendingRow['kind'],
    row: row as unknown as AccessRow,
    ...(was === undefined ? {} : { was: was as unknown as AccessRow }),
  }));
}

function isText(value: JsonValue): boolean {
  return typeof value === 'string';
}

function isCount(value: JsonValue | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isInstant(value: JsonValue): boolean {
  return typeof value === 'string' && !Number.isNaN(Date.parse(value));
}

function isOneOf(words: readonly unknown[]): (value: JsonValue) => boolean {
  return (value) => words.includes(value);
}

function isListOf(check: (item: JsonValue) => boolean): (value: JsonValue) => boolean {
  return (value) => Array.isArray(value) && value.every((item: JsonValue) => check(item));
}

/** Whether a value is an object whose members of these names are what they should be; one that is not there is `undefined`. */
function isObjectOf(value: JsonValue, checks: Readonly<Record<string, (member: JsonValue) => boolean>>): boolean {
  if (!isJsonObject(value)) return false;
  return Object.entries(checks).every(([name, check]) =>
    check((Object.hasOwn(value, name) ? value[name] : undefined) as JsonValue),
  );
}

import { invalidAt } from '../../calls/errors.js';
import type { EarnedBy, FlagType, OnReversal, RulePolicy } from '../../core/flags/flag.js';
import type { FlagInput } from '../../core/flags/parse-flag.js';
import { type RuleInput, ruleDefaults } from '../../core/flags/parse-rules.js';
import { quote } from '../../core/values/json.js';
import { type FeatureFlag, FeatureFlag_Type, type Rule, type Variant } from '../gen/latchkey/v1/flag.js';
import { enumWord, epochMs, jsonObject, jsonValue } from './fields.js';

type Fields = Required<FlagInput>;

interface Field<Name extends keyof Fields> {
  /** Reads the field, undefined where it is not given. `whole` says that the mask names it: then its parts are written whole. */
  read(flag: FeatureFlag, whole: boolean): Fields[Name];
  /** The value to write where the mask names the field and it is not given. */
  readonly otherwise: Fields[Name];
}

const FIELDS: { readonly [Name in keyof Fields]: Field<Name> } = {
  name: { read: (flag) => text(flag.name), otherwise: '' },
  description: { read: (flag) => text(flag.description), otherwise: '' },
  active: { read: (flag) => flag.active, otherwise: true },
  isEnabledGlobally: { read: (flag) => flag.isEnabledGlobally, otherwise: false },
  type: { read: (flag) => typeOf(flag), otherwise: 'BOOLEAN' },
  variants: { read: (flag) => list(flag.variants)?.map(variantOf), otherwise: [] },
  offVariant: { read: (flag) => text(flag.offVariant), otherwise: 'off' },
  distribution: { read: (flag) => list(flag.distribution), otherwise: [] },
  rules: { read: (flag, whole) => list(flag.rules) && ruleInputs(flag.rules, whole), otherwise: [] },
  prerequisites: { read: (flag) => list(flag.prerequisites), otherwise: [] },
  startsAt: { read: (flag) => epochMs(flag.startsAt), otherwise: null },
  endsAt: { read: (flag) => epochMs(flag.endsAt), otherwise: null },
  tags: { read: (flag) => list(flag.tags), otherwise: [] },
  owner: { read: (flag) => text(flag.owner), otherwise: '' },
  delegated: { read: (flag) => flag.delegated, otherwise: false },
  clientVisible: { read: (flag) => flag.clientVisible, otherwise: true },
  archived: { read: (flag) => flag.archived, otherwise: false },
  bucketing: { read: (flag) => flag.bucketing, otherwise: null },
};

const NAMES = Object.keys(FIELDS) as (keyof Fields)[];

/** The path by which an update_mask names each field of FlagInput. */
const PATHS = Object.fromEntries(NAMES.map((name) => [name, snakeCase(name)])) as Readonly<
  Record<keyof Fields, string>
>;

/** The paths that the update_mask of a flag may name. */
export const FLAG_PATHS: readonly string[] = Object.values(PATHS);

/** The input that a request gives of a flag: the fields that are given or, with a mask, exactly those that it names. */
export function flagInput(flag: FeatureFlag, mask: ReadonlySet<string> | undefined): FlagInput {
  const input: Partial<Record<keyof Fields, unknown>> = {};
  for (const name of NAMES) {
    if (mask !== undefined && !mask.has(PATHS[name])) continue;
    const { read, otherwise } = FIELDS[name];
    const value = read(flag, mask !== undefined) ?? (mask === undefined ? undefined : otherwise);
    if (value !== undefined) input[name] = value;
  }
  return input as FlagInput;
}

const TYPES: readonly FlagType[] = ['BOOLEAN', 'BOOLEAN', 'STRING', 'NUMBER', 'JSON'];

function typeOf({ type }: FeatureFlag): FlagType | undefined {
  return type === FeatureFlag_Type.TYPE_UNSPECIFIED ? undefined : enumWord(TYPES, type, '/type');
}

function variantOf({ key, value }: Variant, index: number) {
  const json = jsonValue(value);
  if (json === undefined) {
    const message = `the variant ${quote(key)} has no value; give one (null_value for null)`;
    throw invalidAt(`/variants/${index}/value`, message);
  }
  return { key, value: json };
}

function text(value: string): string | undefined {
  return value === '' ? undefined : value;
}

function list<T>(values: readonly T[]): readonly T[] | undefined {
  return values.length === 0 ? undefined : values;
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

const ON_REVERSAL: readonly OnReversal[] = ['KEEP', 'KEEP', 'RELOCK'];
const POLICIES: readonly RulePolicy[] = ['LIVE', 'LIVE', 'LATCHING'];
const EARNERS: readonly EarnedBy[] = ['USER', 'USER', 'ORGANIZATION'];

/**
 * The input that a request gives of a flag's rules. With `whole`, what a rule leaves out has its default; without it, a rule
 * that exists keeps what is left out.
 */
function ruleInputs(rules: readonly Rule[], whole: boolean): readonly RuleInput[] {
  return rules.map((rule, index) => {
    const given = ruleInput(rule, `/rules/${index}`);
    return whole ? { ...ruleDefaults(given.earnedBy), ...given } : given;
  });
}

/** The input that a request gives of one rule; `pointer` is its place in the request, for messages. */
export function ruleInput(rule: Rule, pointer: string): RuleInput {
  const { id, name, policy, onReversal, earnedBy, rollout, bucketBy, distribution } = rule;
  const conditions = jsonObject(rule.conditions);
  return {
    ...(id === '' ? {} : { id }),
    ...(name === '' ? {} : { name }),
    ...(conditions === undefined ? {} : { conditions }),
    ...(policy === undefined ? {} : { policy: enumWord(POLICIES, policy, `${pointer}/policy`) }),
    ...(onReversal === undefined ? {} : { onReversal: enumWord(ON_REVERSAL, onReversal, `${pointer}/on_reversal`) }),
    ...(earnedBy === undefined ? {} : { earnedBy: enumWord(EARNERS, earnedBy, `${pointer}/earned_by`) }),
    ...(rollout === undefined ? {} : { rolloutPer100k: rollout }),
    ...(bucketBy === '' ? {} : { bucketBy }),
    ...(distribution.length === 0 ? {} : { distribution }),
  };
}

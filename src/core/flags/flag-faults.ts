import type { Fault } from '../values/fault.js';
import { faultOfJson, isJsonObject, type JsonValue, quote } from '../values/json.js';
import { utf8 } from '../values/murmur3.js';
import { faultOfName } from '../values/names.js';
import { LAST_INSTANT_MS } from '../values/time/time.js';
import { BUCKETINGS } from './distribution.js';
import { type Flag, type FlagType, PER_100K, type Rule, type WeightedVariant } from './flag.js';

const TYPES: readonly FlagType[] = ['BOOLEAN', 'STRING', 'NUMBER', 'JSON'];
const MAX_RULES = 100;
const MAX_VARIANTS = 100;
const MAX_PREREQUISITES = 100;
const MAX_TAGS = 100;
const MAX_WEIGHT = 1_000_000;
const MAX_TEXT = 10_000;
/** Every answer holds a value, very many at once, and every stream one for each flip. */
const MAX_VALUE_BYTES = 65_536;

/** All faults of a flag by itself, each with its place; none for a flag that can be stored. */
export function faultsOfFlag(flag: Flag): readonly Fault[] {
  const faults: Fault[] = [];
  const add = (pointer: string, message: string | undefined): void => {
    if (message !== undefined) faults.push({ pointer, message });
  };
  add('/key', faultOfName('flagKey', flag.key));
  add('/name', flag.name === '' ? undefined : faultOfName('name', flag.name));
  if (flag.description.length > MAX_TEXT) add('/description', `a description has at most ${MAX_TEXT} characters`);
  if (!flag.description.isWellFormed()) add('/description', 'a description must be well-formed Unicode');
  if (!TYPES.includes(flag.type)) add('/type', `type ${quote(flag.type)} is none of ${TYPES.join(', ')}`);
  addVariantFaults(flag, add);
  addDistributionFaults('/distribution', flag.distribution, flag, add);
  if (flag.rules.length > MAX_RULES) add('/rules', `a flag has at most ${MAX_RULES} rules, not ${flag.rules.length}`);
  for (const [i, rule] of flag.rules.entries()) addRuleFaults(`/rules/${i}`, rule, flag, add);
  addScheduleFaults(flag, add);
  addPrerequisiteFaults(flag, add);
  if (flag.tags.length > MAX_TAGS) add('/tags', `a flag has at most ${MAX_TAGS} tags, not ${flag.tags.length}`);
  flag.tags.forEach((tag, i) => {
    add(`/tags/${i}`, faultOfName('tag', tag));
  });
  if (flag.owner !== '') add('/owner', faultOfName('name', flag.owner));
  if (!BUCKETINGS.some((version) => version === flag.bucketing)) {
    const known = BUCKETINGS.join(', ');
    add('/bucketing', `bucketing ${quote(flag.bucketing)} is none of ${known}; leave it out to keep what the flag has`);
  }
  return faults;
}

type Add = (pointer: string, message: string | undefined) => void;

function addVariantFaults(flag: Flag, add: Add): void {
  const keys = flag.variants.map(({ key }) => key);
  if (keys.length > MAX_VARIANTS) add('/variants', `a flag has at most ${MAX_VARIANTS} variants, not ${keys.length}`);
  flag.variants.forEach(({ key, value }, i) => {
    add(`/variants/${i}/key`, faultOfName('name', key));
    if (keys.indexOf(key) !== i) add(`/variants/${i}/key`, `the variant ${quote(key)} stands twice; rename one`);
    const fault = faultOfJson(value);
    if (fault !== undefined) {
      add(`/variants/${i}/value${fault.pointer}`, `the value of variant ${quote(key)} ${fault.message}`);
    } else if (!fits(value, flag.type)) {
      add(`/variants/${i}/value`, `the value ${quote(value)} of variant ${quote(key)} is not of type ${flag.type}`);
    } else {
      add(`/variants/${i}/value`, faultOfSize(key, value));
    }
  });
  if (!keys.includes(flag.offVariant)) {
    add(
      '/off_variant',
      `the off variant ${quote(flag.offVariant)} is none of the variants: ${keys.join(', ') || 'none'}`,
    );
  }
  const needsOn = flag.distribution.length === 0;
  if (needsOn && !keys.includes('on')) {
    add('/variants', 'a flag without a distribution needs a variant "on" to serve; add it, or give a distribution');
  }
}

function faultOfSize(key: string, value: JsonValue): string | undefined {
  const bytes = utf8(JSON.stringify(value)).length;
  if (bytes <= MAX_VALUE_BYTES) return undefined;
  return `the value of variant ${quote(key)} has ${bytes} bytes as JSON, and may have ${MAX_VALUE_BYTES}; serve where large content is, not the content`;
}

function fits(value: JsonValue, type: FlagType): boolean {
  switch (type) {
    case 'BOOLEAN':
      return typeof value === 'boolean';
    case 'STRING':
      return typeof value === 'string';
    case 'NUMBER':
      return typeof value === 'number' && Number.isFinite(value);
    default:
      return true;
  }
}

function addDistributionFaults(pointer: string, shares: readonly WeightedVariant[], flag: Flag, add: Add): void {
  const keys = flag.variants.map(({ key }) => key);
  if (shares.length > MAX_VARIANTS)
    add(pointer, `a distribution has at most ${MAX_VARIANTS} shares, not ${shares.length}`);
  shares.forEach(({ variant, weight }, i) => {
    if (!keys.includes(variant)) {
      add(`${pointer}/${i}/variant`, `the variant ${quote(variant)} is none of: ${keys.join(', ') || 'none'}`);
    }
    if (!Number.isInteger(weight) || weight < 0 || weight > MAX_WEIGHT) {
      add(`${pointer}/${i}/weight`, `a weight is a whole number from 0 to ${MAX_WEIGHT}, not ${quote(weight)}`);
    }
  });
  if (shares.length > 0 && shares.every(({ weight }) => weight === 0)) {
    add(pointer, 'a distribution needs a weight above 0; raise one, or leave the distribution out');
  }
}

function faultOfReversal({ onReversal, policy }: Rule): string | undefined {
  if (onReversal !== 'RELOCK') return `on_reversal ${quote(onReversal)} is neither KEEP nor RELOCK`;
  if (policy === 'LATCHING') return undefined;
  return 'on_reversal RELOCK is for LATCHING rules, which alone keep what was unlocked; leave it out, or make the rule LATCHING';
}

function addRuleFaults(pointer: string, rule: Rule, flag: Flag, add: Add): void {
  if (rule.name !== '') add(`${pointer}/name`, faultOfName('name', rule.name));
  if (rule.onReversal !== undefined) add(`${pointer}/on_reversal`, faultOfReversal(rule));
  if (rule.policy !== 'LIVE' && rule.policy !== 'LATCHING') {
    add(`${pointer}/policy`, `policy ${quote(rule.policy)} is neither LIVE nor LATCHING`);
  }
  if (rule.earnedBy !== 'USER' && rule.earnedBy !== 'ORGANIZATION') {
    add(`${pointer}/earned_by`, `earned_by ${quote(rule.earnedBy)} is neither USER nor ORGANIZATION`);
  }
  const rollout = rule.rolloutPer100k;
  if (!Number.isInteger(rollout) || rollout < 0 || rollout > PER_100K) {
    add(
      `${pointer}/rollout`,
      `a rollout is a whole number from 0 to ${PER_100K} (50000 is half), not ${quote(rollout)}`,
    );
  }
  const by = rule.bucketBy;
  if (rule.earnedBy === 'ORGANIZATION' && by !== 'organization') {
    const message = `organizations earn the rule, each for all of its members: bucket_by ${quote(by)} must be "organization", or left out`;
    add(`${pointer}/bucket_by`, message);
  } else if (by.startsWith('attribute:')) {
    add(`${pointer}/bucket_by`, faultOfName('name', by.slice('attribute:'.length)));
  } else if (by !== 'user' && by !== 'organization') {
    add(`${pointer}/bucket_by`, `bucket_by ${quote(by)} is none of "user", "organization", "attribute:NAME"`);
  }
  if (!isJsonObject(rule.conditions)) {
    add(`${pointer}/conditions`, `conditions are a JSON object ({} is everyone), not ${quote(rule.conditions)}`);
  }
  if (flag.rules.filter(({ id }) => id === rule.id).length > 1) {
    add(`${pointer}/id`, `the rule id ${quote(rule.id)} stands twice; leave it out for a new rule`);
  } else {
    add(`${pointer}/id`, faultOfName('ruleId', rule.id));
  }
  addDistributionFaults(`${pointer}/distribution`, rule.distribution, flag, add);
}

function addPrerequisiteFaults({ prerequisites }: Flag, add: Add): void {
  if (prerequisites.length > MAX_PREREQUISITES) {
    add('/prerequisites', `a flag has at most ${MAX_PREREQUISITES} prerequisites, not ${prerequisites.length}`);
  }
  const keys = prerequisites.map(({ flagKey }) => flagKey);
  keys.forEach((key, i) => {
    const pointer = `/prerequisites/${i}/flag_key`;
    add(pointer, faultOfName('flagKey', key));
    if (keys.indexOf(key) !== i) add(pointer, `the prerequisite ${quote(key)} stands twice; keep one`);
  });
}

function addScheduleFaults({ startsAt, endsAt }: Flag, add: Add): void {
  for (const [pointer, instant] of [
    ['/starts_at', startsAt],
    ['/ends_at', endsAt],
  ] as const) {
    if (instant === undefined || (Number.isInteger(instant) && Math.abs(instant) <= LAST_INSTANT_MS)) continue;
    add(pointer, `an instant is a whole number of milliseconds within JavaScript's time, not ${quote(instant)}`);
  }
  if (startsAt !== undefined && endsAt !== undefined && endsAt <= startsAt) {
    add('/ends_at', 'ends_at must be later than starts_at');
  }
}

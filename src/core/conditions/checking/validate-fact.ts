import type { FactDefinition, FactParam } from '../../facts/fact-definition.js';
import { FACTS } from '../../facts/fact-table.js';
import { type Faults, pointerStep } from '../../values/fault.js';
import { inBrief, isJsonObject, type JsonObject, ownMember } from '../../values/json.js';
import { faultOfName } from '../../values/names.js';
import { didYouMean } from '../../values/nearest-name.js';
import { isPlainPath, pathTo } from '../../values/path.js';
import { A_TIME_ZONE, timeZoneNamed } from '../../values/time/time-zone.js';
import { notOfOrganizations } from '../organization-reads.js';
import type { Vocabulary } from '../vocabulary.js';

/** The longest text in a param, in characters. */
const MAX_PARAM_LENGTH = 256;

/**
 * Checks `fact`, `params` and `path`, of a condition or of a fact in a condition's value. Gives the fact's definition;
 * undefined for an unknown fact.
 */
export function validateFact(
  node: JsonObject,
  pointer: string,
  vocabulary: Vocabulary,
  faults: Faults,
): FactDefinition | undefined {
  const name = ownMember(node, 'fact');
  if (name === undefined) {
    faults.error(pointer, 'needs "fact", the name of a fact');
    return undefined;
  }
  const facts = vocabulary.facts ?? FACTS;
  const definition = typeof name === 'string' ? facts.get(name) : undefined;
  if (definition === undefined) {
    const near = typeof name === 'string' ? didYouMean(name, facts.keys()) : '';
    faults.error(`${pointer}/fact`, `${inBrief(name)} is not a fact${near}`);
    return undefined;
  }
  validateParams(definition, ownMember(node, 'params'), `${pointer}/params`, { vocabulary, faults });
  validatePath(definition, node, pointer, faults);
  return definition;
}

interface Checking {
  readonly vocabulary: Vocabulary;
  readonly faults: Faults;
}

function validateParams(definition: FactDefinition, params: unknown, pointer: string, checking: Checking): void {
  const { faults } = checking;
  if (params !== undefined && !isJsonObject(params)) {
    faults.error(pointer, `params must be an object, not ${inBrief(params)}`);
    return;
  }
  const given = params ?? {};
  const names = definition.params.map((param) => param.name);
  for (const key of Object.keys(given)) {
    if (names.includes(key)) continue;
    if (faults.full) return;
    const allowed = names.length === 0 ? 'takes none' : `takes ${names.map(inBrief).join(', ')}`;
    faults.error(
      `${pointer}${pointerStep(key)}`,
      `${inBrief(key)} is not a param of ${definition.name}, which ${allowed}`,
    );
  }
  const flag = ownMember(given, 'flag');
  const { flags, organizationFlags } = checking.vocabulary;
  if (ownMember(given, 'of') === 'organization' && typeof flag === 'string' && flags.has(flag)) {
    if (organizationFlags?.has(flag) === false) faults.error(`${pointer}/flag`, notOfOrganizations(flag));
  }
  for (const param of definition.params) {
    const value = ownMember(given, param.name);
    if (value !== undefined) validateParam(param, value, `${pointer}/${param.name}`, checking);
    else if (param.required) faults.error(pointer, `${definition.name} needs the param "${param.name}"`);
    const { excludes } = param;
    if (value !== undefined && excludes !== undefined && Object.hasOwn(given, excludes))
      faults.error(`${pointer}/${param.name}`, `${param.name} and ${excludes} exclude each other: leave one out`);
  }
}

function validateParam(param: FactParam, value: unknown, pointer: string, { vocabulary, faults }: Checking): void {
  const { name, allowed, min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER } = param;
  if (param.type === 'list') {
    validateSegments(param, value, pointer, { vocabulary, faults });
    return;
  }
  if (param.type === 'integer') {
    const fits = typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max;
    if (!fits) faults.error(pointer, `${name} must be a whole number from ${min} to ${max}, not ${inBrief(value)}`);
    return;
  }
  if (param.kind === 'timeZone') {
    const fault = faultOfTimeZone(value);
    if (fault !== undefined) faults.error(pointer, `${name} ${fault}`);
    return;
  }
  const nameFault = param.kind === undefined ? undefined : faultOfName(param.kind, value);
  if (nameFault !== undefined) {
    faults.error(pointer, `${nameFault}; no event can carry it`);
  } else if (typeof value !== 'string' || value === '' || value.length > MAX_PARAM_LENGTH) {
    faults.error(pointer, `${name} must be a text of 1 to ${MAX_PARAM_LENGTH} characters, not ${inBrief(value)}`);
  } else if (allowed !== undefined && !allowed.includes(value)) {
    faults.error(pointer, `${name} must be one of ${allowed.map(inBrief).join(', ')}, not ${inBrief(value)}`);
  } else if (param.kind === 'action') {
    warnOfAction(value, pointer, vocabulary, faults);
  } else if (name === 'flag' && !vocabulary.flags.has(value)) {
    const near = didYouMean(value, vocabulary.flags.keys());
    faults.error(
      pointer,
      `${inBrief(value)} is not a flag that can be unlocked: it needs a latching rule or grants${near}`,
    );
  }
}

/** Checks a list of segments: how many, that each exists, and that none stands twice and would count twice. */
function validateSegments({ name, min, max }: FactParam, value: unknown, pointer: string, checking: Checking): void {
  const { faults, vocabulary } = checking;
  if (!Array.isArray(value) || value.length < min! || value.length > max!) {
    faults.error(pointer, `${name} must be a list of ${min} to ${max} segments' keys, not ${inBrief(value)}`);
    return;
  }
  const seen = new Set<unknown>();
  for (const [i, key] of (value as readonly unknown[]).entries()) {
    if (seen.has(key)) faults.error(`${pointer}/${i}`, `the segment ${inBrief(key)} stands twice; leave one out`);
    else validateSegment(key, `${pointer}/${i}`, vocabulary, faults);
    seen.add(key);
  }
}

/** Checks the key of a segment that a condition refers to. */
export function validateSegment(key: unknown, pointer: string, { segments }: Vocabulary, faults: Faults): void {
  if (typeof key !== 'string') {
    faults.error(pointer, `a segment's key must be a text, not ${inBrief(key)}`);
  } else if (!segments.has(key)) {
    faults.error(pointer, `there is no segment ${inBrief(key)}${didYouMean(key, segments.keys())}`);
  }
}

/** What is wrong with a time zone, as the rest of a sentence. It is read often, so it must be spelt as it is stored. */
function faultOfTimeZone(value: unknown): string | undefined {
  const zone = typeof value === 'string' ? timeZoneNamed(value) : undefined;
  if (zone === undefined) return `must be ${A_TIME_ZONE}, not ${inBrief(value)}`;
  return zone === value ? undefined : `must be spelt ${inBrief(zone)}, not ${inBrief(value)}`;
}

/** Warns of an action that is not declared and that is spelt nearly like one that is. */
function warnOfAction(action: string, pointer: string, { actions }: Vocabulary, faults: Faults): void {
  if (actions === undefined || actions.has(action)) return;
  const near = didYouMean(action, actions.keys());
  if (near !== '') faults.warn(pointer, `no action ${inBrief(action)} is declared${near}`);
}

function validatePath(definition: FactDefinition, node: JsonObject, pointer: string, faults: Faults): void {
  const path = ownMember(node, 'path');
  if (path === undefined) {
    const params = ownMember(node, 'params');
    const named = isJsonObject(params) && Object.hasOwn(params, 'name');
    if (definition.path === 'orName' && !named) {
      faults.error(
        pointer,
        `${definition.name} needs "params": {"name": …}, which one to read, or "path", such as "$.plan"`,
      );
    }
  } else if (definition.path === 'refused') {
    faults.error(`${pointer}/path`, `${definition.name} takes no path; remove ${inBrief(path)}`);
  } else if (typeof path !== 'string' || !isPlainPath(path)) {
    faults.error(
      `${pointer}/path`,
      `${inBrief(path)} is not a plain path: use names and indexes only, such as "$.address.lines[0]"${hintOf(path)}`,
    );
  }
}

/** A hint on how to write a name in a path that has characters which paths do not take otherwise. */
function hintOf(path: unknown): string {
  const name = typeof path === 'string' ? /^\$?\.?([^[\]"*]+)$/u.exec(path)?.[1] : undefined;
  return name === undefined || pathTo(name).length > 64 ? '' : `; a member named ${inBrief(name)} is ${pathTo(name)}`;
}

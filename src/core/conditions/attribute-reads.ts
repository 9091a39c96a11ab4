import { inBrief, isJsonObject, type JsonObject, type JsonValue, ownMember } from '../values/json.js';
import { pathTo, readPath, stepsOf } from '../values/path.js';
import { instantOf, looksLikeSeconds } from '../values/time/time.js';
import { splitOperator } from './operators.js';
import { nodesOf } from './references.js';
import { parseVersion } from './version.js';

/** A comparison of one of the user's attributes, or of a part of one, with a constant. */
export interface AttributeRead {
  /** The attribute that the comparison reads. */
  readonly name: string;
  /** The path to what is compared, which begins at all attributes. */
  readonly path: string;
  readonly operator: string;
  readonly value: JsonValue;
}

/** The attributes that conditions read, and compare with constants. */
export function attributeReads(conditions: JsonObject): readonly AttributeRead[] {
  const reads: AttributeRead[] = [];
  for (const { node } of nodesOf(conditions, '')) {
    const operator = ownMember(node, 'operator');
    const value = ownMember(node, 'value');
    const steps = ownMember(node, 'fact') === 'attribute' ? stepsRead(node) : undefined;
    if (steps === undefined || typeof operator !== 'string' || value === undefined || isJsonObject(value)) continue;
    const path = `$${steps.map((step) => `[${JSON.stringify(step)}]`).join('')}`;
    reads.push({ name: steps[0]!, path, operator: splitOperator(operator).operator, value });
  }
  return reads;
}

/** The names that lead from all attributes to what a comparison reads; undefined where it has none. */
function stepsRead(node: JsonObject): readonly string[] | undefined {
  const params = ownMember(node, 'params');
  const name = isJsonObject(params) ? ownMember(params, 'name') : undefined;
  const path = ownMember(node, 'path');
  const steps = typeof path === 'string' ? (stepsOf(path) ?? []) : [];
  const all = typeof name === 'string' ? [name, ...steps] : steps;
  return all.length === 0 ? undefined : all;
}

/** Why a comparison is probably not meant for the value that it reads in these attributes; undefined where it may be. */
export function doubtOfAttribute({ path, operator, value }: AttributeRead, attributes: JsonObject): string | undefined {
  const found = readPath(path)(attributes);
  if (found === undefined || found === null) return undefined;
  switch (operator) {
    case 'before':
    case 'after':
      return doubtOfInstant(found, operator);
    case 'lessThan':
    case 'lessThanInclusive':
    case 'greaterThan':
    case 'greaterThanInclusive':
      if (typeof found === 'number' || (typeof found === 'string' && found.trim() !== '' && !Number.isNaN(+found)))
        return undefined;
      return `a condition orders it as a number by ${inBrief(operator)}, and ${inBrief(found)} is none`;
    case 'contains':
    case 'doesNotContain':
      if (typeof found !== 'string') return undefined;
      return `a condition reads it as a list by ${inBrief(operator)}, and ${inBrief(found)} is a text; for texts there is "containsText"`;
    case 'equal':
    case 'notEqual':
    case 'in':
    case 'notIn':
      return doubtOfType(found, value);
    default:
      break;
  }
  if (operator.startsWith('semver')) {
    if (parseVersion(found) !== undefined) return undefined;
    return `a condition reads it as a version by ${inBrief(operator)}, and ${inBrief(found)} is none`;
  }
  if (!TEXTUAL.has(operator) || typeof found !== 'number') return undefined;
  return `a condition reads it as a text by ${inBrief(operator)}, and ${found} is a number; send it as text`;
}

const TEXTUAL: ReadonlySet<string> = new Set(['startsWith', 'endsWith', 'containsText', 'matches']);

function doubtOfInstant(found: unknown, operator: string): string | undefined {
  const instant = instantOf(found);
  if (instant === undefined)
    return `a condition reads it as a date by ${inBrief(operator)}, and ${inBrief(found)} is none`;
  if (typeof found !== 'number' || !looksLikeSeconds(instant)) return undefined;
  return `a condition reads it as milliseconds by ${inBrief(operator)}, and ${found} looks like seconds: it is ${new Date(found).toISOString()}`;
}

/** Whether a value would equal one of the constants, if only it were of the constant's type. */
function doubtOfType(found: unknown, value: JsonValue): string | undefined {
  const constants = [value].flat() as readonly JsonValue[];
  if (typeof found === 'object' || constants.some((constant) => constant === found)) return undefined;
  const meant = constants.find((constant) => constant !== null && String(constant) === String(found));
  if (meant === undefined) return undefined;
  return `a condition compares it with the ${typeof meant === 'string' ? 'text' : typeof meant} ${inBrief(meant)}, and ${inBrief(found)} is another value: nothing is converted`;
}

/**
 * Why a comparison does not read the attribute of this name, although its path looks like the name: `$.plan.tier` reads a part of
 * `plan`, and not the attribute `plan.tier`. Undefined where the path does not look like it.
 */
export function doubtOfDottedName(name: string, read: AttributeRead): string | undefined {
  const steps = name.split('.');
  if (steps.length < 2 || read.path !== `$${steps.map((step) => `[${JSON.stringify(step)}]`).join('')}`)
    return undefined;
  return `a condition reads "$.${name}", a part of the attribute ${inBrief(steps[0])}; an attribute of this name is ${pathTo(name)}`;
}

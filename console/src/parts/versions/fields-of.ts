import type { FieldChange } from '../../../../src/protocol/gen/admin-json.js';
import { pointerSteps } from '../../draft/values/json.js';

/** A place in which two states differ, as the steps to it. */
export interface ChangedField {
  readonly place: readonly string[];
  readonly before?: unknown;
  readonly after?: unknown;
}

/** What the server keeps along with what people decide. */
const KEPT: ReadonlySet<string> = new Set(['changedAt', 'updatedAt', 'ledgerFloor']);

/**
 * The rows that a difference is shown as: one, or, where a whole thing came or went, one for each of its fields that has
 * something in it. A flag's own state is below `/flag`.
 */
export function fieldsOf({ pointer, before, after }: FieldChange): ChangedField[] {
  const place = pointerSteps(pointer);
  if (KEPT.has(place.at(-1) ?? '')) return [];
  const came = isAbsent(before);
  const whole = came ? after : isAbsent(after) ? before : undefined;
  if (place.length > 1 || !isObject(whole)) return [{ place, before, after }];
  const filled = Object.entries(whole).filter(([, value]) => !isEmpty(value));
  return filled.map(([name, value]) => ({ place: [...place, name], ...(came ? { after: value } : { before: value }) }));
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null;
}

function isEmpty(value: unknown): boolean {
  if (isAbsent(value) || value === '') return true;
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

import { instantOf } from '../values/time/time.js';
import { parseVersion } from './version.js';

/** A sign and the digits of a safe integer. */
const LONGEST_NUMBER = 17;

/**
 * The whole numbers at which a growing whole number may change the result of being compared with a value, by whichever operator
 * and decorators, from either side. Law: of two neighbouring whole numbers the second is among them where the results differ.
 */
export function turningNumbers(value: unknown): ReadonlySet<number> {
  // Numbers below zero are no versions.
  const found = new Set([0]);
  collect(value, found);
  return found;
}

function collect(value: unknown, found: Set<number>): void {
  if (Array.isArray(value)) for (const member of value as unknown[]) collect(member, found);
  const within = typeof value === 'string' ? numbersIn(value) : [];
  for (const number of [numberOf(value), instantOf(value), versionOf(value), ...within]) {
    if (number === undefined || !Number.isFinite(number)) continue;
    const whole = Math.floor(number);
    found.add(whole).add(whole + 1);
  }
}

/** The whole numbers that occur in a text, as `in` looks for them: of 2557 also 55. */
function numbersIn(text: string): number[] {
  const found: number[] = [];
  for (const { 0: digits } of text.matchAll(/-?\d+/g)) {
    for (let from = 0; from < digits.length; from++) {
      for (let to = from + 1; to <= Math.min(digits.length, from + LONGEST_NUMBER); to++) {
        found.push(Number(digits.slice(from, to)));
      }
    }
  }
  return found;
}

/** What `<` makes of it. */
function numberOf(value: unknown): number | undefined {
  try {
    return Number(value);
  } catch {
    return undefined;
  }
}

function versionOf(value: unknown): number | undefined {
  const version = parseVersion(value);
  return version && Number(version.parts[0] ?? 0);
}

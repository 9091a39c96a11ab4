import { quote } from '../core/values/json.js';
import { invalidAt } from './errors.js';

const CONTROL = /\p{Cc}/u;

/** Throws INVALID where nothing that is stored could begin with this text, so that nobody takes an empty answer for a finding. */
export function requireSearchText(q: string, most: number): void {
  const fault = faultOf(q, most);
  if (fault !== undefined) throw invalidAt('/q', fault);
}

function faultOf(q: string, most: number): string | undefined {
  if (q.length > most) return `q has at most ${most} characters, and ${quote(q)} has ${q.length}; give its beginning`;
  if (!q.isWellFormed()) return `q must be well-formed Unicode, and ${quote(q)} has half a surrogate pair`;
  if (CONTROL.test(q)) return `q has no control characters, and ${quote(q)} has some; remove them`;
  return undefined;
}

import { faultOfJson, type JsonObject, quote } from '../core/values/json.js';
import { faultOfName, faultOfNames, type ListKind, type NameKind } from '../core/values/names.js';
import { DAY_MS, shownInstant } from '../core/values/time/time.js';
import { A_TIME_ZONE, timeZoneNamed } from '../core/values/time/time-zone.js';
import { invalidAt } from './errors.js';

const MAX_ATTRIBUTES_BYTES = 16_384;
const MAX_COMMENT = 1_000;

/** Throws INVALID where a text can be no such name. `pointer` is its place in the input. */
export function requireName(kind: NameKind, value: unknown, pointer: string): void {
  const fault = faultOfName(kind, value);
  if (fault !== undefined) throw invalidAt(pointer, fault);
}

/** Throws INVALID where a list of stages, actions or roles names one that cannot be any, or the same twice. */
export function requireNames(kind: ListKind, named: readonly { readonly name: string }[], pointer: string): void {
  const fault = faultOfNames(kind, named);
  if (fault !== undefined) throw invalidAt(`${pointer}${fault.pointer}`, fault.message);
}

/** Rejects with INVALID attributes, of a user or an organization, that are too large or could not be read again. */
export function checkAttributes(attributes: JsonObject): void {
  const fault = faultOfJson(attributes);
  if (fault !== undefined)
    throw invalidAt(`/attributes${fault.pointer}`, `attributes${fault.pointer}: the JSON ${fault.message}`);
  const bytes = Buffer.byteLength(JSON.stringify(attributes));
  if (bytes > MAX_ATTRIBUTES_BYTES) {
    throw invalidAt(
      '/attributes',
      `attributes have at most ${MAX_ATTRIBUTES_BYTES} bytes as JSON, and these have ${bytes}`,
    );
  }
}

/** Nobody joined before that; unset times do: the year 1, and 1970. */
const EARLIEST_JOINING = Date.UTC(1990, 0, 1);

/**
 * Throws INVALID where nobody can have joined at that instant: before 1990, or more than a day after `now`. The message names no member, as
 * doors spell it differently.
 */
export function requireJoinedAt(joinedAt: number, now: number): void {
  if (!Number.isSafeInteger(joinedAt))
    throw invalidAt('/joined_at', `${quote(joinedAt)} is no instant to have joined at`);
  const shown = quote(shownInstant(joinedAt));
  if (joinedAt < EARLIEST_JOINING) {
    throw invalidAt(
      '/joined_at',
      `joining at ${shown} is before 1990, as times are that were never set; leave it out where it is not known`,
    );
  }
  if (joinedAt > now + DAY_MS) {
    throw invalidAt(
      '/joined_at',
      `joining at ${shown} is more than a day ahead of ${shownInstant(now)}; users who join later are identified then`,
    );
  }
}

/** A time zone as the IANA database spells it. Throws INVALID where a text names none. */
export function requireTimeZone(name: string, pointer: string): string {
  const zone = timeZoneNamed(name);
  if (zone === undefined) throw invalidAt(pointer, `${pointer.slice(1)} must be ${A_TIME_ZONE}, not ${quote(name)}`);
  return zone;
}

/** Rejects with INVALID a comment that is too long for the audit, or no text. */
export function checkComment(comment: string): void {
  if (comment.length > MAX_COMMENT) {
    throw invalidAt('/comment', `a comment has at most ${MAX_COMMENT} characters, and this one has ${comment.length}`);
  }
  if (!comment.isWellFormed()) throw invalidAt('/comment', 'a comment must be well-formed Unicode');
}

/** Where a change has to say why: INVALID a comment that is missing, or unfit. `field` is how the caller knows it. */
export function requireComment(comment: string, field: 'comment' | 'reason'): void {
  if (comment.trim() === '') {
    throw invalidAt(`/${field}`, `${field} is missing; say why, for the audit`);
  }
  checkComment(comment);
}

const CONTROL = /\p{Cc}/u;

/** Throws INVALID where nothing that is stored could begin with this text, so that nobody takes an empty answer for a finding. */
export function requireSearchText(q: string, most: number): void {
  const fault = faultOfSearchText(q, most);
  if (fault !== undefined) throw invalidAt('/q', fault);
}

function faultOfSearchText(q: string, most: number): string | undefined {
  if (q.length > most) return `q has at most ${most} characters, and ${quote(q)} has ${q.length}; give its beginning`;
  if (!q.isWellFormed()) return `q must be well-formed Unicode, and ${quote(q)} has half a surrogate pair`;
  if (CONTROL.test(q)) return `q has no control characters, and ${quote(q)} has some; remove them`;
  return undefined;
}

import type { Flag, Segment, Stage } from '../flags/flag.js';
import { isJsonObject, type JsonObject, type JsonValue, quote } from '../values/json.js';
import { rowHolder } from './entry-sentence.js';
import { shownFlag, shownSegment, shownStages } from './shown-state.js';

/** What an entry of the audit holds, before and after. */
export interface EntryStates {
  readonly action: string;
  readonly before: JsonValue;
  readonly after: JsonValue;
}

/**
 * The states of an entry as its differences are told: flags, segments and stages as versions show them; access rows as what each says, by
 * whom it is for: `{"access": {"the user \"ada\"": "allowed"}}`. Whatever else is told as it was recorded.
 */
export function shownEntry({ action, before, after }: EntryStates): Pick<EntryStates, 'before' | 'after'> {
  switch (action) {
    case 'flag.create':
    case 'flag.set':
    case 'access.set':
      return { before: ofFlag(before, 'access'), after: ofFlag(after, 'put') };
    case 'segment.set':
    case 'segment.delete':
      return { before: ofSegment(before), after: ofSegment(after) };
    case 'stages.set':
      return { before: ofStages(before), after: ofStages(after) };
    default:
      return { before, after };
  }
}

/** The rows of an entry: those that were there before it, or those that it left. */
export function entryRows(state: JsonValue, list: 'access' | 'put'): readonly JsonObject[] {
  const rows = isJsonObject(state) ? (state as JsonObject)[list] : undefined;
  return Array.isArray(rows) ? rows.filter(isJsonObject).map((row) => row as JsonObject) : [];
}

function ofFlag(state: JsonValue, list: 'access' | 'put'): JsonValue {
  if (!isJsonObject(state)) return state;
  const { flag, access: _, put: __, removed: ___, ...rest } = state as Recorded;
  const rows = entryRows(state, list).map((row) => [rowName(row), rowSays(row)] as const);
  return {
    ...(flag === undefined ? {} : { flag: isWhole(flag) ? shownFlag(flag as unknown as Flag) : flag }),
    // Also where there were none, so that each row that came has a place of its own.
    ...(Object.hasOwn(state, list) ? { access: Object.fromEntries(rows) } : {}),
    ...rest,
  };
}

interface Recorded extends JsonObject {
  readonly flag: JsonValue;
  readonly access: JsonValue;
  readonly put: JsonValue;
  readonly removed: JsonValue;
}

/** Whether a flag has all that this release knows of flags: one in an old entry may not. */
function isWhole(flag: JsonValue): boolean {
  if (!isJsonObject(flag)) return false;
  const { variants, distribution, prerequisites, rules } = flag as JsonObject;
  return [variants, distribution, prerequisites, rules].every(Array.isArray);
}

/** For whom a row is, and who put it where that was an organization. */
function rowName(row: JsonObject): string {
  const { managedBy = '' } = row;
  return `${rowHolder(row)}${managedBy === '' ? '' : `, by the organization ${quote(String(managedBy))}`}`;
}

function rowSays({ effect, enabled }: JsonObject): string {
  return `${effect === 'DENY' ? 'denied' : 'allowed'}${enabled === false ? ', inactive' : ''}`;
}

function ofSegment(state: JsonValue): JsonValue {
  return isJsonObject(state) ? shownSegment(state as unknown as Segment) : state;
}

function ofStages(state: JsonValue): JsonValue {
  const stages = isJsonObject(state) ? (state as JsonObject).stages : undefined;
  return Array.isArray(stages) ? shownStages(stages as unknown as readonly Stage[]) : state;
}

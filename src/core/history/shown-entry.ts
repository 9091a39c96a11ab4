import { isJsonObject, type JsonObject, type JsonValue, quote } from '../values/json.js';
import { rowHolder } from './entry-sentence.js';
import { ERASED } from './erased.js';
import { recordedFlag, recordedSegment, recordedStages } from './recorded.js';
import { shownFlag, shownSegment, shownStages } from './shown-state.js';

/** What an entry of the audit holds, before and after. */
export interface EntryStates {
  readonly action: string;
  readonly before: JsonValue;
  readonly after: JsonValue;
}

/**
 * The states of an entry as its differences are told: flags, segments and stages as versions show them; access rows as what each says, by
 * whom it is for: `{"access": {"the user \"ada\"": "allowed"}}`. Whatever else is told as it was recorded, and so is what an older release
 * recorded without all that this one shows.
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

/** The rows of an entry: those that were there before it, or those that it left. Not those of people who were erased since: they say nothing. */
export function entryRows(state: JsonValue, list: 'access' | 'put'): readonly JsonObject[] {
  return recordedList(state, list).filter((row) => !isErased(row));
}

function recordedList(state: JsonValue, list: 'access' | 'put'): readonly JsonObject[] {
  const rows = isJsonObject(state) ? (state as JsonObject)[list] : undefined;
  return Array.isArray(rows) ? rows.filter(isJsonObject).map((row) => row as JsonObject) : [];
}

function isErased({ userId }: JsonObject): boolean {
  return userId === ERASED;
}

function ofFlag(state: JsonValue, list: 'access' | 'put'): JsonValue {
  if (!isJsonObject(state)) return state;
  const { flag, access: _, put: __, removed: ___, ...rest } = state as Recorded;
  const whole = recordedFlag(flag);
  const rows = entryRows(state, list).map((row) => [rowName(row), rowSays(row)] as const);
  const erased = recordedList(state, list).find(isErased);
  return {
    ...(flag === undefined ? {} : { flag: whole === undefined ? flag : shownFlag(whole) }),
    // Also where there were none, so that each row that came has a place of its own.
    ...(Object.hasOwn(state, list) ? { access: Object.fromEntries(rows) } : {}),
    ...(erased === undefined ? {} : { [`access rows of ${rowHolder(erased)}`]: 'erased with them' }),
    ...rest,
  };
}

interface Recorded extends JsonObject {
  readonly flag: JsonValue;
  readonly access: JsonValue;
  readonly put: JsonValue;
  readonly removed: JsonValue;
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
  const segment = recordedSegment(state);
  return segment === undefined ? state : shownSegment(segment);
}

function ofStages(state: JsonValue): JsonValue {
  const stages = isJsonObject(state) ? recordedStages((state as JsonObject).stages) : undefined;
  return stages === undefined ? state : shownStages(stages);
}

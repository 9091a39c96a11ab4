import type { Flag, Segment, Stage } from '../../core/flags/flag.js';
import { changedFields } from '../../core/history/changed-fields.js';
import { differences } from '../../core/history/differences.js';
import {
  recordedFlag,
  recordedRoles,
  recordedRows,
  recordedSegment,
  recordedStages,
} from '../../core/history/recorded.js';
import { type EntryStates, entryRows } from '../../core/history/shown-entry.js';
import { shownState } from '../../core/history/shown-state.js';
import {
  describeDifference,
  describeRolesDifference,
  describeRowsDifference,
  describeSegmentDifference,
  describeStagesDifference,
} from '../../core/sentences/difference.js';
import { describeFlag } from '../../core/sentences/flag-words.js';
import type { Names } from '../../core/sentences/speaking.js';
import type { OrganizationState } from '../../core/states/organization-state.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/values/json.js';
import type { VersionStep } from '../../services/history/versions.js';
import type { ActorName } from '../../services/tokens/actor-names.js';
import type { FieldChange, Version } from '../gen/latchkey/v1/history.js';
import { flagMessage, roleMessage, segmentMessage, stagesMessage } from './configuration-messages.js';
import { instant } from './fields.js';

/** In what two values differ, by field. */
export function changeMessages(before: JsonValue, after: JsonValue): FieldChange[] {
  return differences(before, after).map((difference) => ({
    pointer: difference.pointer,
    before: difference.before,
    after: difference.after,
  }));
}

interface VersionForm {
  /** With its state, or without. */
  readonly whole: boolean;
  /** How sentences call segments and flags. */
  readonly names: Names;
  readonly actorName: ActorName;
}

export function versionMessage({ version, before }: VersionStep, { whole, names, actorName }: VersionForm): Version {
  const { id, at, actor, requestId, comment } = version;
  return {
    ...{ id, version: version.version, at: instant(at), actor, actorName: actorName(actor), requestId, comment },
    sentence: stepSentence(version, before, names),
    state: whole ? stateMessage(version, names) : undefined,
  };
}

function stateMessage({ kind, id, version, state }: StoredVersion, names: Names): NonNullable<Version['state']> {
  switch (kind) {
    case 'flag':
      return { $case: 'flag', value: flagMessage(state as unknown as Flag, names) };
    case 'segment':
      return { $case: 'segment', value: segmentMessage(state as unknown as Segment) };
    case 'stages':
      return { $case: 'stages', value: stagesMessage({ stages: state as unknown as readonly Stage[], version }) };
    case 'roles':
      return { $case: 'roles', value: rolesMessage({ ...(state as unknown as Roles), id, version }) };
  }
}

type StoredVersion = VersionStep['version'];
type Roles = Pick<OrganizationState, 'id' | 'version' | 'roles' | 'strictRoles'>;

export function rolesMessage({ id, version, roles, strictRoles }: Roles) {
  return { id, version, strictRoles, roles: roles.map(roleMessage) };
}

/** A version's state as GetVersion gives it in JSON, without version numbers and times; null for none. */
export function stateJson(version: StoredVersion | undefined): JsonValue {
  return version === undefined ? null : shownState(version.kind, version.state);
}

/** The longest sentence about a version in a list; beyond, the fields are named. */
const LONGEST = 240;

/** In what a version differs from the one before it, in one line. */
function stepSentence(version: StoredVersion, before: StoredVersion | undefined, names: Names): string {
  if (before === undefined) return version.version === 1 ? 'created' : 'the oldest version that is kept';
  const inWords = versionWords(before, version, names).join('; ');
  if (inWords !== '' && inWords.length <= LONGEST) return inWords;
  const changed = changedFields(stateJson(before), stateJson(version));
  return changed.length === 0 ? 'nothing that people decide' : `changed ${changed.join(', ')}`;
}

/** In what two versions of one thing differ, a sentence each. */
export function versionWords(before: StoredVersion | undefined, after: StoredVersion, names: Names): string[] {
  const [was, is] = [before?.state, after.state] as unknown[];
  return differencesOf(after.kind, { was, is, names }).map(({ text }) => text);
}

function differencesOf(kind: StoredVersion['kind'], { was, is, names }: Differing): readonly Told[] {
  switch (kind) {
    case 'flag':
      return describeDifference(was as Flag | undefined, is as Flag, names);
    case 'segment':
      return describeSegmentDifference(was as Segment | undefined, is as Segment, names);
    case 'stages':
      return describeStagesDifference((was ?? []) as readonly Stage[], is as readonly Stage[]);
    case 'roles': {
      const [before, after] = [(was ?? { roles: [], strictRoles: false }) as Roles, is as Roles];
      const strict = after.strictRoles ? 'roles that nobody defined are refused' : 'any name may be a role';
      return [
        ...describeRolesDifference(before.roles, after.roles),
        ...(before.strictRoles === after.strictRoles ? [] : [{ text: strict }]),
      ];
    }
  }
}

interface Differing {
  readonly was: unknown;
  readonly is: unknown;
  readonly names: Names;
}

interface Told {
  readonly text: string;
}

/**
 * What an entry of the audit changed, a sentence each; nothing for what no sentences are made of, and for what an older release recorded
 * without all that they say.
 */
export function entryWords({ action, before, after }: EntryStates, names: Names): string[] {
  const both = (name: string) => [memberOf(before, name), memberOf(after, name)] as const;
  switch (action) {
    case 'flag.create':
    case 'flag.set':
    case 'access.set': {
      const ofFlag = tell(both('flag'), recordedFlag, (was, is) => flagWords(was, is, names));
      return [...ofFlag, ...rowWords(before, after)];
    }
    case 'segment.set':
      return tell([before, after], recordedSegment, (was, is) => describeSegmentDifference(was, is, names));
    case 'stages.set':
      return tell(both('stages'), recordedStages, (was = [], is = []) => describeStagesDifference(was, is));
    default:
      if (!action.startsWith('organization.') || after === null) return [];
      return tell(both('roles'), recordedRoles, (was = [], is = []) => describeRolesDifference(was, is));
  }
}

/** Differences of what was recorded, where all of it can be read. */
function tell<T>(
  states: readonly [before: JsonValue | undefined, after: JsonValue | undefined],
  read: (state: JsonValue) => T | undefined,
  describe: (was: T | undefined, is: T | undefined) => readonly Told[],
): string[] {
  const there = states.map((state) => state ?? undefined);
  const [was, is] = there.map((state) => (state === undefined ? undefined : read(state)));
  const isRead = [was, is].every((value, i) => (value === undefined) === (there[i] === undefined));
  return isRead ? describe(was, is).map(({ text }) => text) : [];
}

function flagWords(was: Flag | undefined, is: Flag | undefined, names: Names): readonly Told[] {
  if (is === undefined) return [];
  return was === undefined
    ? [{ text: `who gets it: ${describeFlag(is, names).text}` }]
    : describeDifference(was, is, names);
}

/** How many rows are told one by one: an entry may have very many, and its changes name them all. */
const MOST_ROWS = 50;

function rowWords(before: JsonValue, after: JsonValue): string[] {
  const told = tell([entryRows(before, 'access'), entryRows(after, 'put')], recordedRows, (was = [], is = []) =>
    describeRowsDifference(was, is),
  );
  const more = told.length - MOST_ROWS;
  return more > 0 ? [...told.slice(0, MOST_ROWS), `and ${more} more access rows`] : told;
}

function memberOf(state: JsonValue, name: string): JsonValue | undefined {
  return isJsonObject(state) ? (state as JsonObject)[name] : undefined;
}
